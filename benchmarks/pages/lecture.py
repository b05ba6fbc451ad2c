"""The MLP of the course beside its peers."""

from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.kinds import Record, records
from harness.tasks import TRAIN
from pages.conditions import Conditions, conditions, side_by_side
from pages.numbers import ratios, spread
from pages.targets import TEXTBOOK, TWO, ours

HEADER = ("loop", "seconds an epoch", "images/s", "textbook's throughput")


@dataclass(frozen=True)
class View:
    table: str
    conditions: list[Conditions]


def view(results: dict[str, Any]) -> View | None:
    if not (found := records(results, "lecture")):
        return None
    return View(side_by_side(HEADER, found, _rows), [conditions(each, each) for each in found])


def _rows(record: Record) -> list[tuple[str, ...]]:
    """The slowest first."""
    seconds = record["seconds"]
    rows = []
    for title, each in seconds.items():
        at_once = 2 if title == ours(record, TWO) else 1
        rate = at_once * TRAIN["lecture"] * record["share"] / median(each)
        throughput = median(ratios(seconds, TEXTBOOK, title, at_once))
        rows.append((throughput, (title, spread(each), f"{rate:,.0f}", f"{throughput:.2f} ×")))
    rows.sort(key=lambda row: row[0])
    return [row for _, row in rows]
