"""CNNs on CIFAR-10, and training to 90 and to 94 %."""

from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from harness.tasks import RECORD, TRAIN
from nnlabs.reporting.sentences import counted, percent
from pages.conditions import Conditions, conditions
from pages.numbers import ratios, spread, table, times
from pages.targets import TEXTBOOK


@dataclass(frozen=True)
class View:
    table: str
    share: float  # part of an epoch that a turn takes
    conditions: Conditions
    whole: str  # table of whole trainings
    two_epochs: dict[str, float]  # seconds of the textbook loop, a network each
    record: str  # the variant for 94 %
    reported: bool  # whether the report has it
    places: list[str]  # where the report's variants were trained, and which report it is


def view(results: dict[str, Any]) -> View | None:
    if not (section := results.get("cifar10")):
        return None
    seconds, share, reported = section["seconds"], section["share"], results.get("reported", {})
    rows = []
    for title, each in seconds.items():
        loop, _, network = title.rpartition(", ")
        rate = TRAIN["cifar10"] * share / median(each)
        whole = spread([value / share for value in each], 1)
        rows.append((network, loop, f"{rate:,.0f}", whole, times(ratios(seconds, f"{TEXTBOOK}, {network}", title))))
    return View(
        table(("network", "loop", "images/s", "seconds an epoch", "textbook's speed"), rows),
        share,
        conditions(section, section),
        _whole(section["strong"], reported),
        {net: 2 * median(seconds[f"{TEXTBOOK}, {net} CNN"]) / share for net in ("plain", "strong")},
        RECORD,
        RECORD in reported,
        [_place(variant, record) for variant, record in _by_epochs(reported).items()],
    )


def _whole(strong: dict[str, Any], reported: dict[str, Any]) -> str:
    accuracy, seconds = f"{percent(strong['accuracy'])} % of validation", f"{strong['seconds']:.0f}"
    rows = [("`cifar10-strong`", "here", "1", str(strong["epochs"]), accuracy, seconds)]
    rows += [
        (
            f"`{variant}`",
            "the report",
            str(len(record["accuracies"])),
            f"{median(record['epochs']):.0f}",
            f"{record['test']} % of test",
            _seconds(record["seconds"]),
        )
        for variant, record in _by_epochs(reported).items()
    ]
    return table(("network", "trained", "seeds", "epochs", "right", "seconds"), rows)


def _seconds(each: list[float]) -> str:
    """The mean of the seeds, as the report has it, with the fastest and the slowest."""
    return f"{mean(each):.0f} ({min(each):.0f} to {max(each):.0f})"


def _by_epochs(reported: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(reported.items(), key=lambda variant: variant[1]["epochs"]))


def _place(variant: str, record: dict[str, Any]) -> str:
    machine = record["machine"]
    on = machine["gpu"] or f"{machine['cpu']}, {counted(record['threads'], 'thread')}"
    return f"`{variant}`, {record['when']}, {on}, {record['precision']}, commit `{record['commit']}`"
