"""What the pipeline costs beside its work."""

from dataclasses import dataclass
from typing import Any

from pages.conditions import where
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
    repeats: int  # 0 where memory alone was measured
    where: str


def view(results: dict[str, Any]) -> View | None:
    section, memory = results.get("pipeline"), results.get("memory")
    sides = {name: section[name] for name in ("before", "now") if name in section} if section else {}
    rows = [(told, *(f"{spread(side[what])} s" for side in sides.values())) for what, told in MEASURED.items() if sides]
    if sides:
        rows.insert(0, ("stages", *(str(side["stages"]) for side in sides.values())))
    if memory:
        peak = f"{memory['megabytes']:,.0f} MB"
        told = f"peak memory of `{memory['command']}`, its whole process tree, {memory['when']}"
        rows.append((told, *[""] * (len(sides) - 1), peak))
    if not rows:
        return None
    shown = table(("", *(sides or ["measured"])), rows)
    return View(shown, len(sides["now"]["no_op"]), where(section)) if section else View(shown, 0, "")
