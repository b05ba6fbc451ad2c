"""A folder of images beside torchvision's ImageFolder."""

import math
from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.images import WANTED
from pages.conditions import Conditions, conditions
from pages.numbers import ratios, spread, table, times
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
    section: dict[str, Any]
    side: int  # of the JPEGs, pixels
    wanted: int  # of the arrays, pixels
    table: str
    conditions: Conditions
    paid: Paid


def view(results: dict[str, Any]) -> View | None:
    if not (section := results.get("folder")):
        return None
    seconds, images = section["seconds"], section["images"]
    rows = [
        (
            title,
            spread(each),
            spread([images[title] / value for value in each], 0),
            times(ratios(seconds, TORCHVISION, title)),
        )
        for title, each in seconds.items()
    ]
    longer = median(ratios(seconds, ONCE, TORCHVISION))
    paid = Paid(longer, *(median(seconds[title]) for title in (TORCHVISION, ONCE, LATER)))
    shown = table(("", "seconds", "images/s", "torchvision's speed"), rows)
    return View(section, SIDE, WANTED, shown, conditions(section, section), paid)
