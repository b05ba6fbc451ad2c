"""The app with many users at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.kinds import Record, records
from pages.conditions import side_by_side, where

SHARE = 95
"""Percentile that its target is about."""


@dataclass(frozen=True)
class View:
    table: str
    users: int
    pictures: int
    variants: list[str]
    kinds: list[str]  # memory, machine and day of each


def milliseconds(seconds: list[float], share: float = SHARE) -> float:
    """A percentile of them."""
    return 1e3 * float(np.percentile(seconds, share))


def view(results: dict[str, Any]) -> View | None:
    if not (found := records(results, "app")):
        return None
    first = found[0]
    shown = side_by_side(("", "median", "95th percentile", "most"), found, _rows)
    kinds = [f"Memory of the server: at most {each['memory'] / 1e6:,.0f} MB. {where(each)}" for each in found]
    return View(shown, first["users"], len(first["first"]) // first["users"], first["variants"], kinds)


def _rows(record: Record) -> Iterator[tuple[str, ...]]:
    for what, told in (("first", "until the probabilities"), ("whole", "until all of the answer")):
        yield told, *(f"{milliseconds(record[what], share):,.0f} ms" for share in (50, SHARE, 100))
