"""The page of `backprop`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlabs.labs.backprop.printed import Line, Verdict, judged, of_example
from nnlabs.labs.backprop.results import Results, place
from nnlabs.labs.backprop.settings import Settings, Worked
from nnlabs.labs.common.curves import Rows
from nnlabs.reporting import tables
from nnlabs.scratch.arrays import Array

SAID: dict[Verdict, str] = {
    "": "",
    "agrees": "agrees",
    "rounded": "agrees with what it was computed from, which had been rounded",
    "slip": "**a slip**",
    "inherited": "inherits a slip",
}
SYMBOLS = {"delta": r"\delta", "dW": r"\partial L / \partial W", "db": r"\partial L / \partial b"}


@dataclass(frozen=True)
class Judged:
    """An example beside the lecture's."""

    key: str
    title: str
    parameters: int
    lines: list[Line]


@dataclass(frozen=True)
class ExampleView:
    title: str
    given: str
    """x, y, W and b in LaTeX."""
    parameters: int
    step: bool
    """Whether there is a loss, and so a backward pass."""
    table: str


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
    slips: tuple[PrintedView, ...]
    rounded: tuple[PrintedView, ...]


def judge(
    results: Results, settings: Settings, reported: list[dict[str, str]], names: dict[str, str]
) -> tuple[Judged, ...]:
    """The examples, each quantity with what the lecture prints of it."""
    examples = []
    for key, example in results.examples.items():
        printed, worked = of_example(key, reported), settings.examples[key]
        lines = judged(key, worked, settings.lr, example.quantities, printed)
        examples.append(Judged(key, names.get(key, key), example.parameters, lines))
    return tuple(examples)


def answer(examples: Sequence[Judged]) -> str:
    lines = _lines(examples)
    said = (
        f"{len(lines)} intermediate values of {len(examples)} networks, "
        f"equal to autograd's to {_largest_error(examples):.0e}."
    )
    printed = sum(line.printed is not None for line in lines)
    if not printed:
        return said
    slips, inherited = _of(examples, "slip"), len(_of(examples, "inherited"))
    if not slips:
        return f"{said} None of the {printed} values that the lecture prints is wrong."
    found = ", ".join(
        f"{line.quantity.name.replace('delta', 'δ')} = {line.printed} (exact {line.quantity.value:.3g})"
        for line in slips
    )
    are = f"{len(slips)} {'is a slip' if len(slips) == 1 else 'are slips'}"
    more = f"; {inherited} more inherit it" if inherited else ""
    return f"{said} Of the {printed} values that the lecture prints {are}: {found}{more}."


def metrics(examples: Sequence[Judged]) -> dict[str, float]:
    return {
        "largest_error_to_autograd": _largest_error(examples),
        "slips": float(len(_of(examples, "slip"))),
        "inherited": float(len(_of(examples, "inherited"))),
    }


def curve(examples: Sequence[Judged], arrays: dict[str, Array]) -> Rows:
    """None: these are single numbers."""
    return []


def _lines(examples: Sequence[Judged]) -> list[Line]:
    return [line for example in examples for line in example.lines]


def _of(examples: Sequence[Judged], verdict: Verdict) -> list[Line]:
    return [line for line in _lines(examples) if line.verdict == verdict]


def _largest_error(examples: Sequence[Judged]) -> float:
    found = [line.quantity for line in _lines(examples)]
    return max(abs(each.value - each.autograd) for each in found if each.autograd is not None)


def page(examples: Sequence[Judged], arrays: dict[str, Array], settings: Settings, folder: Path) -> View:
    return View(
        lr=f"{settings.lr:g}",
        examples=tuple(
            ExampleView(
                title=example.title,
                given=_given(settings.examples[example.key]),
                parameters=example.parameters,
                step=settings.examples[example.key].y is not None,
                table=_table(example.lines),
            )
            for example in examples
        ),
        slips=tuple(_printed(line) for line in _of(examples, "slip")),
        rounded=tuple(_printed(line) for line in _of(examples, "rounded")),
    )


def _printed(line: Line) -> PrintedView:
    assert line.printed is not None
    return PrintedView(_symbol(line.quantity.name), line.printed, f"{line.step:.5f}", f"{line.quantity.value:.5f}")


def _symbol(name: str) -> str:
    """`dW1[0, 1]` as $\\partial L / \\partial W^{(1)}_{1,2}$; the lecture counts from 1."""
    at = place(name)
    layer = f"^{{({at.layer})}}" if at.layer else ""
    places = f"_{{{','.join(str(i + 1) for i in at.index)}}}" if at.index else ""
    return f"${SYMBOLS.get(at.kind, at.kind)}{layer}{places}$" + (" after the step" if at.after else "")


def _table(lines: Sequence[Line]) -> str:
    printed = any(line.printed for line in lines)
    table = []
    for line in lines:
        autograd = line.quantity.autograd
        cells: dict[str, Any] = {
            "value": _symbol(line.quantity.name),
            "ours": _four(line.quantity.value),
            "autograd": "–" if autograd is None else _four(autograd),
        }
        if printed:
            cells |= {
                "lecture": line.printed or "–",
                "from the lecture's rounded inputs": "–" if line.step is None else _four(line.step),
                "": SAID[line.verdict],
            }
        table.append(cells)
    return tables.markdown(table)


def _four(value: float) -> str:
    """Four decimals; more where they would hide the digits that count."""
    return (
        f"{value:.4f}" if abs(value) >= 0.1 or value == 0 else f"{value:.4g}" if abs(value) < 0.01 else f"{value:.5f}"
    )


def _given(worked: Worked) -> str:
    """x, y, W and b in LaTeX."""
    parts = [rf"x = {_column(worked.x)}"]
    if worked.y is not None:
        parts.append(f"y = {worked.y:g}")
    for layer, (weight, bias) in enumerate(zip(worked.weights, worked.biases, strict=True), 1):
        rows = r" \cr ".join(" & ".join(f"{value:g}" for value in row) for row in weight)
        parts.append(rf"W^{{({layer})}} = \begin{{pmatrix}} {rows} \end{{pmatrix}}")
        parts.append(rf"b^{{({layer})}} = {_column(bias)}")
    return r", \quad ".join(parts)


def _column(values: Sequence[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:g}"
    return r"\begin{pmatrix} " + r" \cr ".join(f"{value:g}" for value in values) + r" \end{pmatrix}"
