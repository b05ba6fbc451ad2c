"""Deep networks beside plain torchvision code."""

from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.deep import CASES, PRECISIONS
from harness.products import OPERATIONS
from harness.updates import UPDATES
from pages.conditions import Conditions, conditions
from pages.numbers import ratios, spread, table, times

TITLES = {
    "resnet50": "ResNet-50, 32 px, batch 64",
    "resnet50-large": "ResNet-50, 128 px, batch 32",
    "mobilenet": "MobileNetV2, 96 px, batch 128",
}
MODES = {"train": "Training", "classify": "Classifying"}
PASSES = {"train": 3, "classify": 1}
OPTIMIZERS = {"torch-adamax": "AdaMax, torch's own", "adamax": "AdaMax, ours", "adam": "Adam, torch's fused one"}


@dataclass(frozen=True)
class Mode:
    title: str
    table: str
    conditions: Conditions


@dataclass(frozen=True)
class View:
    modes: list[Mode]
    limits: dict[str, float]  # operations a second of large products, a precision each
    updates: Mode


def view(results: dict[str, Any]) -> View | None:
    if not (section := results.get("deep")):
        return None
    modes = [Mode(title, rates_table(section, m), conditions(section[m], section)) for m, title in MODES.items()]
    updates = section["updates"]
    return View(modes, limits(section), Mode("AdaMax", _updates(updates["seconds"]), conditions(updates, section)))


def limits(section: dict[str, Any]) -> dict[str, float]:
    """Operations a second of large products in each precision: the median of every race and round."""
    return {
        precision: median(
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
    """The part of the machine's rate for large products that the network's own operations make up."""
    _, case, precision = row.split(", ")
    seconds = section[mode]["seconds"][f"products, {case}, {precision}"]
    image = section["operations"][case] * PASSES[mode]
    ours = rates(section, mode, row)
    return median(rate * image * each / OPERATIONS for rate, each in zip(ours, seconds, strict=True))


def rates_table(section: dict[str, Any], mode: str) -> str:
    seconds = section[mode]["seconds"]
    rows = []
    for case, title in TITLES.items():
        for precision in PRECISIONS:
            for who in ("torchvision", "ours"):
                row = f"{who}, {case}, {precision}"
                rows.append(
                    (
                        title,
                        f"{who}, {precision}",
                        spread(rates(section, mode, row), 0),
                        times(ratios(seconds, f"torchvision, {case}, {precision}", row)),
                        times(ratios(seconds, f"torchvision, {case}, float32", row)),
                        f"{share(section, mode, row):.0%}",
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
