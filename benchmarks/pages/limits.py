"""How near an epoch comes to its products alone."""

from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.tasks import TRAIN, VALIDATION
from pages.numbers import table
from pages.targets import OURS

ROWS = (
    ("lecture", "MLP", OURS, "1"),
    ("lecture", "MLP", "ours, float32, one thread", "1"),
    ("cifar10", "plain CNN", "ours, bf16, plain CNN", "2"),
    ("cifar10", "plain CNN", "ours, float32, plain CNN", "2"),
)
"""Task, network, row of its table, threads."""


@dataclass(frozen=True)
class View:
    table: str


def view(results: dict[str, Any]) -> View | None:
    rows = []
    for task, name, title, threads in ROWS:
        if not (section := results.get(task)):
            continue
        machine = section["machine"]
        precision = "bf16" if "bf16" in title else "float32"
        work = machine["operations"][task]
        giga = (work["train"] * TRAIN[task] + work["classify"] * VALIDATION) / 1e9
        rate = machine["gflops"].get(threads, machine["gflops"]["1"])[precision]
        epoch = median(section["seconds"][title]) / section["share"]
        figures = (f"{giga:,.0f}", f"{rate:,.0f}", f"{giga / rate:.2f} s", f"{epoch:.2f} s")
        rows.append((name, precision, threads, *figures))
    header = ("network", "precision", "threads", "GFLOP an epoch", "GFLOP/s", "products alone", "our epoch")
    return View(table(header, rows)) if rows else None
