"""What the loops learn in a few epochs."""

from dataclasses import dataclass
from typing import Any

from pages.conditions import where
from pages.numbers import difference, table, with_bounds, with_interval
from pages.targets import TEXTBOOK


@dataclass(frozen=True)
class View:
    epochs: int
    table: str
    seeds: int
    where: str


def view(results: dict[str, Any]) -> View | None:
    if not (section := results.get("accuracy")):
        return None
    accuracies = section["accuracies"]
    textbook = accuracies[TEXTBOOK]
    rows = [
        (
            title,
            with_interval(values),
            "" if title == TEXTBOOK else with_bounds(difference(values, textbook)),
        )
        for title, values in accuracies.items()
    ]
    header = ("loop", "validation accuracy, %", "less the textbook loop's, points")
    return View(section["epochs"], table(header, rows), len(textbook), where(section))
