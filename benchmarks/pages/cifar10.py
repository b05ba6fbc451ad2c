"""CNNs on CIFAR-10, and training to 90 and to 94 %."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from harness.kinds import Record, records
from harness.tasks import RECORD, TRAIN
from nnlabs.reporting.sentences import percent
from pages.conditions import ON, Conditions, conditions, place, side_by_side, trained_on
from pages.numbers import ratios, spread, table, times
from pages.targets import TEXTBOOK


@dataclass(frozen=True)
class TwoEpochs:
    """Seconds of the textbook loop, a network each."""

    place: str
    plain: float
    strong: float


@dataclass(frozen=True)
class View:
    table: str
    share: float  # part of an epoch that a turn takes
    conditions: list[Conditions]
    whole: str  # table of whole trainings
    two_epochs: list[TwoEpochs]
    record: str  # the variant for 94 %
    reported: bool  # whether the report has it
    commits: dict[str, str]  # of each of the report's variants, which report it is


def view(results: dict[str, Any]) -> View | None:
    if not (found := records(results, "cifar10")):
        return None
    reported = results.get("reported", {}).get("cifar10", {})
    return View(
        side_by_side(("network", "loop", "images/s", "seconds an epoch", "textbook's speed"), found, _rows),
        found[0]["share"],
        [conditions(each, each) for each in found],
        _whole(found, reported),
        [TwoEpochs(place(each), *(two_epochs(each, network) for network in ("plain", "strong"))) for each in found],
        RECORD,
        RECORD in reported,
        {variant: told["commit"] for variant, told in _by_epochs(reported).items()},
    )


def two_epochs(record: Record, network: str) -> float:
    """Seconds that they take the textbook loop."""
    return 2 * median(record["seconds"][f"{TEXTBOOK}, {network} CNN"]) / record["share"]


def _rows(record: Record) -> Iterator[tuple[str, ...]]:
    seconds, share = record["seconds"], record["share"]
    for title, each in seconds.items():
        loop, _, network = title.rpartition(", ")
        rate = TRAIN["cifar10"] * share / median(each)
        whole = spread([value / share for value in each], 1)
        yield network, loop, f"{rate:,.0f}", whole, times(ratios(seconds, f"{TEXTBOOK}, {network}", title))


def _whole(found: list[Record], reported: dict[str, Any]) -> str:
    rows = []
    for each in found:
        strong = each["strong"]
        accuracy, seconds = f"{percent(strong['accuracy'])} % of validation", f"{strong['seconds']:.0f}"
        rows.append(("`cifar10-strong`", "here", "1", str(strong["epochs"]), accuracy, seconds, place(each)))
    rows += [
        (
            f"`{variant}`",
            "the report",
            str(len(record["accuracies"])),
            f"{median(record['epochs']):.0f}",
            f"{record['test']} % of test",
            _seconds(record["seconds"]),
            trained_on(record),
        )
        for variant, record in _by_epochs(reported).items()
    ]
    return table(("network", "trained", "seeds", "epochs", "right", "seconds", ON), rows)


def _seconds(each: list[float]) -> str:
    """The mean of the seeds, as the report has it, with the fastest and the slowest."""
    return f"{mean(each):.0f} ({min(each):.0f} to {max(each):.0f})"


def _by_epochs(reported: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(reported.items(), key=lambda variant: variant[1]["epochs"]))
