"""Deep networks beside plain torchvision code."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from harness.deep import CASES, PRECISIONS
from harness.kinds import Record, records
from harness.products import OPERATIONS
from harness.updates import UPDATES
from nnlabs.reporting.sentences import percent
from pages.conditions import Conditions, conditions, place, side_by_side
from pages.numbers import ratios, spread, times

TITLES = {
    "resnet50": "ResNet-50, 32 px, batch 64",
    "resnet50-large": "ResNet-50, 128 px, batch 32",
    "mobilenet": "MobileNetV2, 96 px, batch 128",
}
MODES = {"train": "Training", "classify": "Classifying"}
WHO = ("torchvision", "ours")
PASSES = {"train": 3, "classify": 1}
HEADER = (
    "network",
    "code",
    "images/s",
    "torchvision's speed, same precision",
    "its float32 speed",
    "of the machine's rate",
)
OPTIMIZERS = {"torch-adamax": "AdaMax, torch's own", "adamax": "AdaMax, ours", "adam": "Adam, torch's fused one"}


@dataclass(frozen=True)
class Mode:
    title: str
    table: str
    conditions: list[Conditions]


@dataclass(frozen=True)
class Limit:
    """Operations a second of large products in each precision."""

    place: str
    rates: dict[str, float]


@dataclass(frozen=True)
class View:
    message: str  # of the figure, which is of the first kind of CPU
    modes: list[Mode]
    limits: list[Limit]
    beyond: bool  # whether a network passes them
    updates: Mode


def view(results: dict[str, Any]) -> View | None:
    if not (found := records(results, "deep")):
        return None
    modes = [
        Mode(
            title,
            side_by_side(HEADER, found, partial(rates_rows, mode=mode)),
            [conditions(each[mode], each) for each in found],
        )
        for mode, title in MODES.items()
    ]
    header = ("optimizer", "threads", "ms an update", "speed of torch's AdaMax")
    told = [conditions(each["updates"], each) for each in found]
    adamax = Mode("AdaMax", side_by_side(header, found, _updates), told)
    beyond = any(
        share(each, mode, row) > 1 for each in found for mode in MODES for who in WHO for row in _rows(each, who)
    )
    return View(message(found[0]), modes, [Limit(place(each), limits(each)) for each in found], beyond, adamax)


def precisions(section: Record) -> list[str]:
    """In which it was measured."""
    return [each for each in PRECISIONS if f"ours, resnet50, {each}" in section["train"]["seconds"]]


def _rows(section: Record, who: str) -> list[str]:
    """The rows of one code."""
    return [f"{who}, {case}, {precision}" for case in TITLES for precision in precisions(section)]


def message(section: dict[str, Any]) -> str:
    """What the figure shows."""
    found = []
    for mode, doing in (("train", "trains"), ("classify", "classifies")):
        pairs = zip(*(_rows(section, who) for who in WHO), strict=True)
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
        for precision in precisions(section)
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


def rates_rows(section: Record, mode: str) -> Iterator[tuple[str, ...]]:
    seconds = section[mode]["seconds"]
    for case, title in TITLES.items():
        for precision in precisions(section):
            for who in WHO:
                row = f"{who}, {case}, {precision}"
                yield (
                    title,
                    f"{who}, {precision}",
                    spread(rates(section, mode, row), 0),
                    times(ratios(seconds, f"torchvision, {case}, {precision}", row)),
                    times(ratios(seconds, f"torchvision, {case}, float32", row)),
                    f"{percent(share(section, mode, row), 0)} %",
                )


def _updates(section: Record) -> Iterator[tuple[str, ...]]:
    seconds = section["updates"]["seconds"]
    for row in seconds:
        optimizer, threads = row.split(", ")
        milliseconds = spread([1e3 * each / UPDATES for each in seconds[row]], 1)
        yield OPTIMIZERS[optimizer], threads, milliseconds, times(ratios(seconds, f"torch-adamax, {threads}", row))
