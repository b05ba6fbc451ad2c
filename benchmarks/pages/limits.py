"""How near an epoch comes to its products alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.kinds import Record, records
from harness.tasks import TRAIN, VALIDATION
from pages.conditions import ON, place
from pages.numbers import table
from pages.targets import ONE

ROWS = (("lecture", "MLP", ONE, "1"), ("cifar10", "plain CNN", "plain CNN", "2"))
"""Task, network, end of our rows in its table, threads."""


@dataclass(frozen=True)
class View:
    table: str


def view(results: dict[str, Any]) -> View | None:
    rows = [
        (name, precision, threads, *figures, place(each))
        for task, name, ending, threads in ROWS
        for each in records(results, task)
        for precision, figures in _rows(each, task, ending, threads)
    ]
    header = ("network", "precision", "threads", "GFLOP an epoch", "GFLOP/s", "products alone", "our epoch", ON)
    return View(table(header, rows)) if rows else None


def _rows(record: Record, task: str, ending: str, threads: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Of each precision in which ours was measured, its own first."""
    machine = record["machine"]
    for precision in dict.fromkeys((record["precision"], "float32")):
        work = machine["operations"][task]
        giga = (work["train"] * TRAIN[task] + work["classify"] * VALIDATION) / 1e9
        rate = machine["gflops"].get(threads, machine["gflops"]["1"])[precision]
        epoch = median(record["seconds"][f"ours, {precision}, {ending}"]) / record["share"]
        yield precision, (f"{giga:,.0f}", f"{rate:,.0f}", f"{giga / rate:.2f} s", f"{epoch:.2f} s")
