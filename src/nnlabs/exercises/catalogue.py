"""The exercises that there are, in the order of the courses."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from nnlabs.core.errors import UserError
from nnlabs.exercises import source
from nnlabs.exercises.checks import Part

NAMES = (
    *("gradient_descent", "momentum", "nesterov", "adam", "adamax"),
    *("sigmoid", "rectifiers", "cross_entropy", "linear", "backpropagation"),
    *("dropout", "batch_norm", "convolution", "max_pooling", "initialisation"),
    *("sobel", "skip_gram", "macro_f1", "relabel", "paired_interval"),
)
HINT = re.compile(r"^## Hint \d\n", re.M)
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Exercise:
    name: str
    title: str
    task: str
    """In Markdown: what to write, with the formulas."""
    hints: tuple[str, ...]
    """Three, each telling more than the one before."""
    asked: source.Asked
    parts: tuple[Part, ...]
    figure: Callable[[Any, Path], list[Path]] | None
    """Draws the figures of a lab's page from a student's module into a folder, where there are such."""

    @property
    def stub(self) -> str:
        return source.stub(self.asked)

    @property
    def solution(self) -> str:
        return source.solution(self.asked)

    @property
    def points(self) -> int:
        return sum(each.points for each in self.parts)


@cache
def exercise(name: str) -> Exercise:
    """One exercise by its name.

    Raises
    ------
    UserError
        For a name that there is not.
    """
    if name not in NAMES:
        near = get_close_matches(name, NAMES, 1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise UserError(f"NAME={name}: no such exercise; {meant}allowed: {', '.join(NAMES)}")
    module = import_module(f"{__package__}.{name}.grade")
    task, *hints = HINT.split((FOLDER / name / "task.md").read_text(encoding="utf-8"))
    return Exercise(
        name=name,
        title=task.partition("\n")[0].removeprefix("# "),
        task=task.strip(),
        hints=tuple(each.strip() for each in hints),
        asked=module.ASKED,
        parts=tuple(each for each in vars(module).values() if isinstance(each, Part)),
        figure=getattr(module, "figure", None),
    )
