"""What DVC tells those who watch while it reproduces stages: `dvc repro`, `dvc exp run`, and a queue's experiments."""

import contextlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nnlabs.core.errors import UserError, shortened
from nnlabs.pipeline.events import Events, events, process
from nnlabs.telling.progress import LINES

QUEUED = ["exp", "exec-run"]
"""The command of an experiment from a queue: what it says goes into a file, which whoever watches reads."""


def tell() -> None:
    """Have DVC tell what it does; a command that reproduces nothing is as it was."""
    if sys.argv[1:2] not in (["repro"], ["exp"]):
        return
    if sys.argv[1:3] == QUEUED:
        os.environ.setdefault(LINES, "lines")
    from dvc.repo import reproduce

    original = reproduce._reproduce

    def told(stages: list[Any], graph: Any = None, **how: Any) -> Any:
        if how.get("dry") or not stages:
            return original(stages, graph=graph, **how)
        root = stages[0].repo.root_dir
        with events(*_name(root)) as where:
            where.tell("begin", **_begin(root))
            where.tell("plan", stages={stage.addressing: _planned(stage, graph) for stage in stages})
            try:
                step = _telling(how.pop("repro_fn", reproduce._reproduce_stage), where)
                return original(stages, graph=graph, repro_fn=step, **how)
            finally:
                where.tell("over")

    reproduce._reproduce = told


def _telling(step: Callable[..., Any], where: Events) -> Callable[..., Any]:
    def told(stage: Any, **how: Any) -> Any:
        where.tell("start", stage=stage.addressing)
        try:
            ran = step(stage, **how)
        except BaseException as error:
            where.tell("end", stage=stage.addressing, state="failed", error=shortened(str(error)))
            raise
        where.tell("end", stage=stage.addressing, state="done" if ran else "unchanged")
        return ran

    return told


def _name(root: str) -> tuple[str, Path]:
    """Of the events, and the checkout that they are told in: an experiment runs in a copy below it."""
    checkout = Path(root.partition("/.dvc/tmp/exps/")[0])
    return f"experiment-{Path(root).name}" if str(checkout) != root else "dvc", checkout


def _begin(root: str) -> dict[str, Any]:
    told: dict[str, Any] = {"title": " ".join(["dvc", *sys.argv[1:]]), "root": root, "jobs": 1} | process()
    if sys.argv[1:3] == QUEUED:
        with contextlib.suppress(OSError, ValueError):
            about = Path(sys.argv[sys.argv.index("--infofile") + 1])
            name = json.loads(about.read_text(encoding="utf-8")).get("name") or about.stem[:7]
            told |= {"title": f"experiment {name}", "log": str(about.with_suffix(".out"))}
    return told


def _planned(stage: Any, graph: Any) -> dict[str, Any]:
    from nnlabs.pipeline import plan  # which needs what DVC has imported by now

    needs = [each.addressing for each in graph.successors(stage)] if graph else []
    threads, seconds = 1, 0.0
    with contextlib.suppress(UserError, KeyError, TypeError):  # settings of other knobs, or none yet
        threads, seconds = plan.cost(stage.addressing)
    return {"needs": sorted(needs), "threads": threads, "seconds": seconds}
