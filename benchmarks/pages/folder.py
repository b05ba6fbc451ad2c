"""A folder of images beside torchvision's ImageFolder."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.images import WANTED
from harness.kinds import Record, records
from pages.conditions import Conditions, conditions, side_by_side
from pages.numbers import ratios, spread, times
from sections.folder import LATER, ONCE, SIDE, TORCHVISION


@dataclass(frozen=True)
class Paid:
    """When preparing has paid, from seconds: torchvision's epoch, the preparation, an epoch after it."""

    times: float  # as long as an epoch of torchvision's, in the median of the rounds
    theirs: float
    once: float
    later: float

    @property
    def epoch(self) -> int | None:
        """The first epoch after which preparing took less time in all; None where there is none."""
        if self.later >= self.theirs:
            return None
        return max(1, math.ceil(self.once / (self.theirs - self.later)))


@dataclass(frozen=True)
class View:
    section: Record  # of the first kind of CPU
    side: int  # of the JPEGs, pixels
    wanted: int  # of the arrays, pixels
    table: str
    conditions: list[Conditions]
    paid: Paid  # of the first kind of CPU


def view(results: dict[str, Any]) -> View | None:
    if not (found := records(results, "folder")):
        return None
    seconds = found[0]["seconds"]
    longer = median(ratios(seconds, ONCE, TORCHVISION))
    paid = Paid(longer, *(median(seconds[title]) for title in (TORCHVISION, ONCE, LATER)))
    shown = side_by_side(("", "seconds", "images/s", "torchvision's speed"), found, _rows)
    return View(found[0], SIDE, WANTED, shown, [conditions(each, each) for each in found], paid)


def _rows(record: Record) -> Iterator[tuple[str, ...]]:
    seconds, images = record["seconds"], record["images"]
    for title, each in seconds.items():
        rates = spread([images[title] / value for value in each], 0)
        yield title, spread(each), rates, times(ratios(seconds, TORCHVISION, title))
