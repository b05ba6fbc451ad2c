"""What the loops learn in a few epochs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.kinds import Record, records
from pages.conditions import side_by_side, where
from pages.numbers import difference, with_bounds, with_interval
from pages.targets import TEXTBOOK

HEADER = ("loop", "validation accuracy, %", "less the textbook loop's, points")


@dataclass(frozen=True)
class Kind:
    seeds: int
    where: str


@dataclass(frozen=True)
class View:
    epochs: int
    table: str
    kinds: list[Kind]


def view(results: dict[str, Any]) -> View | None:
    if not (found := records(results, "accuracy")):
        return None
    kinds = [Kind(len(each["accuracies"][TEXTBOOK]), where(each)) for each in found]
    return View(found[0]["epochs"], side_by_side(HEADER, found, _rows), kinds)


def _rows(record: Record) -> Iterator[tuple[str, ...]]:
    accuracies = record["accuracies"]
    for title, values in accuracies.items():
        less = "" if title == TEXTBOOK else with_bounds(difference(values, accuracies[TEXTBOOK]))
        yield title, with_interval(values), less
