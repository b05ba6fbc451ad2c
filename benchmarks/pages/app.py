"""The app with many users at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pages.conditions import where
from pages.numbers import table

SHARE = 95
"""Percentile that its target is about."""


@dataclass(frozen=True)
class View:
    table: str
    users: int
    pictures: int
    variants: list[str]
    megabytes: str
    where: str


def milliseconds(seconds: list[float], share: float = SHARE) -> float:
    """A percentile of them."""
    return 1e3 * float(np.percentile(seconds, share))


def view(results: dict[str, Any]) -> View | None:
    section = results.get("app")
    if not section:
        return None
    rows = [
        (told, *(f"{milliseconds(section[what], share):,.0f} ms" for share in (50, SHARE, 100)))
        for what, told in (("first", "until the probabilities"), ("whole", "until all of the answer"))
    ]
    shown = table(("", "median", "95th percentile", "most"), rows)
    megabytes = f"{section['memory'] / 1e6:,.0f}"
    pictures = len(section["first"]) // section["users"]
    return View(shown, section["users"], pictures, section["variants"], megabytes, where(section))
