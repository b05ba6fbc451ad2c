"""Seconds of training to 99 % on MNIST."""

from dataclasses import dataclass
from statistics import mean
from typing import Any

from harness.tasks import MNIST, REACHED
from pages.conditions import ON, trained_on
from pages.numbers import table

HEADER = ("network", "seeds", "epochs to it", "seconds to it, seed by seed", "epochs in all", "test accuracy, %", ON)


@dataclass(frozen=True)
class View:
    reached: float  # of the validation images
    table: str
    commits: dict[str, str]  # of each variant, which report it is


def view(results: dict[str, Any]) -> View | None:
    if not (found := results.get("reported", {}).get(MNIST)):
        return None
    quickest = dict(sorted(found.items(), key=lambda variant: mean(variant[1]["seconds"])))
    commits = {variant: told["commit"] for variant, told in quickest.items()}
    return View(REACHED, table(HEADER, [_row(variant, told) for variant, told in quickest.items()]), commits)


def _row(variant: str, told: dict[str, Any]) -> tuple[str, ...]:
    seconds = ", ".join(f"{each:.1f}" for each in told["seconds"])
    to_it, in_all = (_range(told[key]) for key in ("epochs", "whole"))
    return f"`{variant}`", str(len(told["seconds"])), to_it, seconds, in_all, told["test"], trained_on(told)


def _range(epochs: list[int]) -> str:
    """Of all seeds; usually they agree."""
    return " to ".join(str(each) for each in dict.fromkeys((min(epochs), max(epochs))))
