"""Deep networks beside plain torchvision code."""

from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.deep import CASES, PRECISIONS
from harness.products import OPERATIONS
from harness.updates import UPDATES
from nnlabs.reporting.sentences import percent
from pages.conditions import Conditions, conditions
from pages.numbers import ratios, spread, table, times

TITLES = {
    "resnet50": "ResNet-50, 32 px, batch 64",
    "resnet50-large": "ResNet-50, 128 px, batch 32",
    "mobilenet": "MobileNetV2, 96 px, batch 128",
}
MODES = {"train": "Training", "classify": "Classifying"}
WHO = ("torchvision", "ours")
PASSES = {"train": 3, "classify": 1}
OPTIMIZERS = {"torch-adamax": "AdaMax, torch's own", "adamax": "AdaMax, ours", "adam": "Adam, torch's fused one"}


@dataclass(frozen=True)
class Mode:
    title: str
    table: str
    conditions: Conditions


@dataclass(frozen=True)
class View:
    message: str  # of the figure
    modes: list[Mode]
    limits: dict[str, float]  # operations a second of large products, a precision each
    beyond: bool  # whether a network passes them
    updates: Mode


def view(results: dict[str, Any]) -> View | None:
    if not (section := results.get("deep")):
        return None
    modes = [Mode(title, rates_table(section, m), conditions(section[m], section)) for m, title in MODES.items()]
    updates = section["updates"]
    adamax = Mode("AdaMax", _updates(updates["seconds"]), conditions(updates, section))
    beyond = any(share(section, mode, row) > 1 for mode in MODES for who in WHO for row in _rows(who))
    return View(message(section), modes, limits(section), beyond, adamax)


def _rows(who: str) -> list[str]:
    """The rows of one code."""
    return [f"{who}, {case}, {precision}" for case in TITLES for precision in PRECISIONS]


def message(section: dict[str, Any]) -> str:
    """What the figure shows."""
    found = []
    for mode, doing in (("train", "trains"), ("classify", "classifies")):
        pairs = zip(*map(_rows, WHO), strict=True)
        faster = [median(ratios(section[mode]["seconds"], theirs, ours)) for theirs, ours in pairs]
        found.append(f"{doing} {min(faster):.2f} to {max(faster):.2f} times")
    return f"At the same precision ours {' and '.join(found)} as many images a second as torchvision"


def limits(section: dict[str, Any]) -> dict[str, float]:
    """Operations a second of large products in each precision: the best of every race and round."""
    return {
        precision: max(
            OPERATIONS / seconds
            for mode in MODES
            for case in TITLES
            for seconds in section[mode]["seconds"][f"products, {case}, {precision}"]
        )
        for precision in PRECISIONS
    }


def rates(section: dict[str, Any], mode: str, row: str) -> list[float]:
    """Images a second, round by round."""
    _, case, _ = row.split(", ")
    batch = CASES[case].batch
    images = max(1, section[mode]["images"][case] // batch) * batch
    return [images / seconds for seconds in section[mode]["seconds"][row]]


def share(section: dict[str, Any], mode: str, row: str) -> float:
    """The part of the machine's rate for large products that the network's own operations make up, in the median.

    The rate is the best that was seen. A product beside which another program ran is slower than the machine is, and a
    network could seem to pass it.
    """
    _, case, precision = row.split(", ")
    image = section["operations"][case] * PASSES[mode]
    return median(rates(section, mode, row)) * image / limits(section)[precision]


def rates_table(section: dict[str, Any], mode: str) -> str:
    seconds = section[mode]["seconds"]
    rows = []
    for case, title in TITLES.items():
        for precision in PRECISIONS:
            for who in WHO:
                row = f"{who}, {case}, {precision}"
                rows.append(
                    (
                        title,
                        f"{who}, {precision}",
                        spread(rates(section, mode, row), 0),
                        times(ratios(seconds, f"torchvision, {case}, {precision}", row)),
                        times(ratios(seconds, f"torchvision, {case}, float32", row)),
                        f"{percent(share(section, mode, row), 0)} %",
                    )
                )
    header = (
        "network",
        "code",
        "images/s",
        "torchvision's speed, same precision",
        "its float32 speed",
        "of the machine's rate",
    )
    return table(header, rows)


def _updates(seconds: dict[str, list[float]]) -> str:
    rows = []
    for row in seconds:
        optimizer, threads = row.split(", ")
        milliseconds = spread([1e3 * each / UPDATES for each in seconds[row]], 1)
        rows.append(
            (OPTIMIZERS[optimizer], threads, milliseconds, times(ratios(seconds, f"torch-adamax, {threads}", row)))
        )
    return table(("optimizer", "threads", "ms an update", "speed of torch's AdaMax"), rows)
