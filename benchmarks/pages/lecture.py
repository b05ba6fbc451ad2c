"""The MLP of the course beside its peers."""

from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.tasks import TRAIN
from pages.conditions import Conditions, conditions
from pages.numbers import ratios, spread, table
from pages.targets import TEXTBOOK, TWO


@dataclass(frozen=True)
class View:
    table: str
    conditions: Conditions


def view(results: dict[str, Any]) -> View | None:
    if not (section := results.get("lecture")):
        return None
    seconds = section["seconds"]
    rows = []
    for title, each in seconds.items():
        at_once = 2 if title == TWO else 1
        rate = at_once * TRAIN["lecture"] * section["share"] / median(each)
        throughput = median(ratios(seconds, TEXTBOOK, title, at_once))
        rows.append((throughput, (title, spread(each), f"{rate:,.0f}", f"{throughput:.2f} ×")))
    header = ("loop", "seconds an epoch", "images/s", "textbook's throughput")
    rows.sort(key=lambda row: row[0])
    return View(table(header, [row for _, row in rows]), conditions(section, section))
