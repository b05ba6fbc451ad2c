"""What the pipeline costs beside its work."""

from dataclasses import dataclass
from typing import Any

from harness.kinds import records
from pages.conditions import ON, place, where
from pages.numbers import spread, table

MEASURED = {
    "no_op": "`dvc repro` with nothing to do",
    "status": "`dvc status`",
    "stage": "a page in `make repro`, one job",
    "script": "its script by itself",
    "experiment": "`dvc exp run` of one small variant and its page",
    "scripts": "its four scripts, one by one",
}


@dataclass(frozen=True)
class View:
    table: str
    kinds: list[str]  # repeats, machine and day of each


def view(results: dict[str, Any]) -> View | None:
    found, memory = records(results, "pipeline"), results.get("memory")
    sides = [name for name in ("before", "now") if any(name in each for each in found)]
    rows = []
    for each in found:
        told = [each.get(name) for name in sides]
        rows.append(("stages", *(str(side["stages"]) if side else "" for side in told), place(each)))
        for what, words in MEASURED.items():
            rows.append((words, *(f"{spread(side[what])} s" if side else "" for side in told), place(each)))
    if memory:
        peak = f"{memory['megabytes']:,.0f} MB"
        words = f"peak memory of `{memory['command']}`, its whole process tree"
        rows.append((words, *[""] * (len(sides) - 1), peak, memory["when"]))
    if not rows:
        return None
    kinds = [f"Repeats: {len(each['now']['no_op'])}. {where(each)}" for each in found]
    return View(table(("", *(sides or ["measured"]), ON), rows), kinds)
