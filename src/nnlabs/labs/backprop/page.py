"""The page of `backprop`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlabs.labs.backprop import figures as drawn
from nnlabs.labs.backprop.arithmetic import Arithmetic, changed, four, symbol
from nnlabs.labs.backprop.printed import Line, Verdict, judged, of_example
from nnlabs.labs.backprop.results import Results, place
from nnlabs.labs.backprop.sentences import Judged, answer, change, largest_error, message, minus, named, those
from nnlabs.labs.backprop.settings import Settings, Worked
from nnlabs.labs.common.curves import Rows
from nnlabs.reporting import figures, tables
from nnlabs.reporting.seeds import number
from nnlabs.scratch.arrays import Array

__all__ = ["answer", "curve", "judge", "metrics", "page"]

SAID: dict[Verdict, str] = {"slip": ", **a slip**", "inherited": ", inherits a slip", "rounded": ", rounded"}
"""Beside a printed value that is not the exact one."""
FORWARD = ("z", "exp", "a", "L")
"""Kinds of quantities of the forward pass."""


@dataclass(frozen=True)
class ExampleView:
    key: str
    title: str
    given: tuple[str, ...]
    """x and y, then W and b of each layer, in LaTeX."""
    parameters: int
    forward: str
    backward: str
    """Empty where there is no target."""
    update: str
    message: str
    """What its drawing shows."""
    change: str
    """What the step does to the loss."""


@dataclass(frozen=True)
class PrintedView:
    """A printed value that is not what one would compute from exact ones."""

    symbol: str
    printed: str
    step: str
    exact: str


@dataclass(frozen=True)
class View:
    lr: str
    examples: tuple[ExampleView, ...]
    """Those of which the course prints values."""
    exercises: tuple[ExampleView, ...]
    slips: tuple[PrintedView, ...]
    rounded: tuple[PrintedView, ...]
    error: str
    """The largest difference to autograd."""


def judge(
    results: Results, settings: Settings, reported: list[dict[str, str]], names: dict[str, str]
) -> tuple[Judged, ...]:
    """The examples, each quantity with what the course prints of it."""
    examples = []
    for key, example in results.examples.items():
        worked = settings.examples[key]
        lines = judged(key, worked, settings.lr, example.quantities, of_example(key, reported))
        title = names.get(key, key)
        examples.append(Judged(key, title, worked, settings.lr, example.parameters, example.loss_after, lines))
    return tuple(examples)


def metrics(examples: Sequence[Judged]) -> dict[str, float]:
    return {
        "largest_error_to_autograd": largest_error(examples),
        "slips": float(len(those(examples, "slip"))),
        "inherited": float(len(those(examples, "inherited"))),
    }


def curve(examples: Sequence[Judged], arrays: dict[str, Array]) -> Rows:
    """None: these are single numbers."""
    return []


def page(examples: Sequence[Judged], arrays: dict[str, Array], settings: Settings, folder: Path) -> View:
    for example in examples:
        figures.save(drawn.network(example.worked, example.values), folder / f"{example.key}.svg", __name__)
    printed = [example for example in examples if any(line.printed for line in example.lines)]
    return View(
        lr=f"{settings.lr:g}",
        examples=tuple(_example(each) for each in printed),
        exercises=tuple(_example(each) for each in examples if each not in printed),
        slips=tuple(_printed(line) for line in those(examples, "slip")),
        rounded=tuple(_printed(line) for line in those(examples, "rounded")),
        error=number(largest_error(examples)),
    )


def _example(example: Judged) -> ExampleView:
    kinds = [(line, place(line.quantity.name)) for line in example.lines]
    return ExampleView(
        key=example.key,
        title=example.title,
        given=_given(example.worked),
        parameters=example.parameters,
        forward=_table(example, [line for line, at in kinds if at.kind in FORWARD and not at.after]),
        backward=_table(example, [line for line, at in kinds if at.kind not in FORWARD and not at.after]),
        update=_table(example, [line for line, at in kinds if at.after]),
        message=message(example),
        change=change(example),
    )


def _table(example: Judged, lines: Sequence[Line]) -> str:
    """The arithmetic of each quantity, its value, and what the course prints, where it prints anything."""
    if not lines:
        return ""
    arithmetic = Arithmetic(example.worked, example.lr, example.values)
    rows = []
    for line in lines:
        at, value = place(line.quantity.name), line.quantity.value
        shown = changed(value, arithmetic.step(at)) if at.after else four(value)
        arrow = r"\leftarrow" if at.after else "="
        cells: dict[str, Any] = {"arithmetic": f"${symbol(at)} {arrow} {arithmetic.of(at)}$", "value": f"${shown}$"}
        if any(each.printed for each in lines):
            cells |= {"printed": minus(line.printed or "–") + SAID.get(line.verdict, "")}
        rows.append(cells)
    return tables.markdown(rows)


def _printed(line: Line) -> PrintedView:
    assert line.printed is not None
    step = "" if line.step is None else minus(f"{line.step:.5f}")
    return PrintedView(named(line), minus(line.printed), step, minus(f"{line.quantity.value:.5f}"))


def _given(worked: Worked) -> tuple[str, ...]:
    """X and y, then W and b of each layer, in LaTeX."""
    parts = [f"x = {_column(worked.x)}" + ("" if worked.y is None else rf", \quad y = {worked.y:g}")]
    for layer, (weight, bias) in enumerate(zip(worked.weights, worked.biases, strict=True), 1):
        rows = r" \cr ".join(" & ".join(f"{value:g}" for value in row) for row in weight)
        matrix = rf"W^{{({layer})}} = \begin{{pmatrix}} {rows} \end{{pmatrix}}"
        parts += [f"{matrix},", rf"b^{{({layer})}} = {_column(bias)}"]  # apart, so that a phone shows them whole
    return tuple(parts)


def _column(values: Sequence[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:g}"
    return r"\begin{pmatrix} " + r" \cr ".join(f"{value:g}" for value in values) + r" \end{pmatrix}"
