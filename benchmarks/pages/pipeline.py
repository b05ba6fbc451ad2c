"""What the pipeline costs beside its work."""

from dataclasses import dataclass
from typing import Any

from pages.conditions import where
from pages.numbers import spread, table


@dataclass(frozen=True)
class View:
    table: str
    repeats: int  # 0 where memory alone was measured
    where: str


def view(results: dict[str, Any]) -> View | None:
    section, memory = results.get("pipeline"), results.get("memory")
    rows = []
    if section:
        no_op = section["no_op"]
        rows = [
            (f"`dvc repro` with nothing to do, {section['stages']} stages", f"{spread(no_op)} s" if no_op else "-"),
            (f"`{section['stage']}` alone", f"{spread(section['alone'])} s"),
            (f"`{section['stage']}` through DVC", f"{spread(section['through_dvc'])} s"),
            ("the pipeline's own share of a stage", f"{section['overhead']:.2f} s"),
        ]
    if memory:
        rows.append((f"peak memory of `{memory['command']}`, its whole process tree", f"{memory['megabytes']:,.0f} MB"))
    if not rows:
        return None
    shown = table(("", "measured"), rows)
    return View(shown, len(section["alone"]), where(section)) if section else View(shown, 0, "")
