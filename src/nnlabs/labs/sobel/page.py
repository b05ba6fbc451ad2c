"""The page of `sobel`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from nnlabs.evaluation.statistics import interval
from nnlabs.labs.common import curves, layers
from nnlabs.labs.sobel.results import KINDS, Matrix, Results
from nnlabs.labs.sobel.settings import Settings
from nnlabs.reporting import figures, seeds, sentences, tables
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.names import in_figure, short
from nnlabs.scratch.arrays import Array

CLOSE = 0.01
"""A learned kernel whose weights are all so near is the filter to two decimals."""
SIGNED = "RdBu_r"
"""For what has a sign: blue below 0, red above, told apart by every common kind of colour vision."""
PLOTTED = 250
"""Points of a loss curve; each is the geometric mean of the steps about it."""


@dataclass(frozen=True)
class View:
    horizontal: str
    """The kernels, in LaTeX."""
    vertical: str
    errors: str
    """A table."""
    edges: str
    """What the photographs show, for those who do not see them."""
    falls: str
    """What the losses show."""
    checkered: bool
    """Whether what is left of the error alternates like a chessboard, in both kernels."""
    size: int
    """Pixels of a photograph's side."""


def answer(results: Results) -> Answer:
    worst = results.worst
    largest = max(abs(each) for kernel in results.kernels.values() for row in kernel.filter for each in row)
    near = worst <= CLOSE
    how = f"{sentences.counted(results.steps, 'step')} on {results.images:,} images"
    starts = sentences.counted(len(results.errors), "start")
    mean = _mean(results.errors)
    found = (
        f"the largest difference of a weight is {mean} and at most {seeds.number(worst)}, where weights go up to "
        f"{largest:g}"
    )
    said = (
        "Yes, it learns the filter: a 3 x 3 convolution that starts from random weights and is shown what Sobel's "
        "filter makes of "
        f"images ends at the filter's own weights; after {how} {found}."
        if near
        else f"The filter answers to edges, but was **not** learned to two decimals: after {how} {found}."
    )
    message = (
        f"Both learned kernels are Sobel's to within {seeds.number(worst)} of a weight, from {starts}"
        if near
        else f"The learned kernels differ from Sobel's by up to {seeds.number(worst)} of a weight, from {starts}"
    )
    return Answer(
        (
            said,
            "With enough steps it has to come out, because the output is linear in the weights: the loss is a bowl "
            "with one lowest point, and the filter lies there.",
            "What the filter sees is change of brightness, one kernel from left to right and one from top to bottom.",
            f"This is one layer, from {starts}; a deeper network has many lowest points and no such guarantee.",
        ),
        "kernels.svg",
        message,
    )


def _mean(values: Sequence[float]) -> str:
    """'1.5·10⁻⁴ ± 2·10⁻⁵ (10 seeds)'."""
    half = f" \N{PLUS-MINUS SIGN} {seeds.number(interval(values))}" if len(values) > 1 else ""
    return f"{seeds.number(float(np.mean(values)))}{half} ({sentences.counted(len(values))})"


def metrics(results: Results) -> dict[str, float]:
    return {"largest_error_of_a_weight": results.worst}


def curve(results: Results, arrays: dict[str, Array]) -> curves.Rows:
    """log10 of the squared error by step, a line a kernel."""
    rows: curves.Rows = []
    for kind in KINDS:
        steps, losses = _smoothed(arrays, kind)
        rows += curves.line(np.array(steps), np.log10(losses), kind)
    return rows


def networks(results: Results, settings: Settings, shape: Sequence[int]) -> dict[str, layers.Layers]:
    """The one convolution that learns, on the brightness of an image."""
    grey = (1, *shape[1:])
    return {"What learns the filter": [layers.entrance(grey), layers.convolution(grey, 1, 3)]}


def page(results: Results, arrays: dict[str, Array], settings: Settings, folder: Path) -> View:
    figures.save(_photographs(results, arrays), folder / "photographs.png", __name__)
    figures.save(_kernels(results), folder / "kernels.svg", __name__)
    figures.save(_losses(arrays), folder / "losses.svg", __name__)
    return View(
        horizontal=_matrix(results.kernels["horizontal"].filter),
        vertical=_matrix(results.kernels["vertical"].filter),
        errors=tables.markdown([_row(results, arrays, kind) for kind in KINDS]),
        edges=_edges(results, arrays),
        falls="; ".join(_fall(arrays, kind) for kind in KINDS),
        checkered=all(_checkered(results, kind) for kind in KINDS),
        size=arrays["images"].shape[2],
    )


def _matrix(kernel: Matrix) -> str:
    """LaTeX that passes through Markdown unchanged: no backslash before punctuation."""
    rows = (" & ".join(f"{each:g}" for each in row) for row in kernel)
    return r"\begin{pmatrix}" + r" \cr ".join(rows) + r"\end{pmatrix}"


def _edges(results: Results, arrays: dict[str, Array]) -> str:
    """Which of the responses is the stronger, over the photographs shown."""
    horizontal, vertical = (float(np.abs(arrays[kind]).mean()) for kind in KINDS)
    stronger = "left-right" if horizontal > vertical else "up-down"
    return (
        f"{sentences.listed(results.labels)}: outlines stand out white in the magnitude, flat parts stay black; "
        f"the {stronger} response is the stronger one"
    )


def _checkered(results: Results, kind: str) -> bool:
    error = np.array(results.kernels[kind].learned) - results.kernels[kind].filter
    board = error * (-1.0) ** np.add.outer(np.arange(3), np.arange(3))
    return bool((board > 0).all() or (board < 0).all())


def _fall(arrays: dict[str, Array], kind: str) -> str:
    first, last = (float(arrays[f"{kind}.losses"][step]) for step in (0, -1))
    goes = "falls" if last < first else "goes"
    return f"{kind}: the loss {goes} from {seeds.number(first)} at the first step to {seeds.number(last)} at the last"


def _row(results: Results, arrays: dict[str, Array], kind: str) -> dict[str, Any]:
    losses = arrays[f"{kind}.losses"]
    return {
        "filter": kind,
        "largest error of a weight": _mean(results.kernels[kind].errors),
        "of all seeds": seeds.number(max(results.kernels[kind].errors)),
        "loss, first step": seeds.number(float(losses[0])),
        "loss, last step": seeds.number(float(losses[-1])),
        "steps": f"{len(losses):,}",
    }


# ---------------------------------------------------------------- figures


def _photographs(results: Results, arrays: dict[str, Array]) -> Figure:
    """A row an image: itself, the two responses, their magnitude."""
    images = arrays["images"]
    figure = Figure(figsize=(figures.WIDTH, 0.3 + 1.4 * len(images)))
    grid = figure.subplots(len(images), 4, squeeze=False)
    reach = max(float(np.abs(arrays[kind]).max()) for kind in KINDS) or 1.0
    strongest = float(arrays["magnitude"].max()) or 1.0
    for i, (line, label) in enumerate(zip(grid, results.labels, strict=True)):
        pixels = images[i].transpose(1, 2, 0)
        line[0].imshow(pixels if pixels.shape[2] == 3 else pixels[..., 0], cmap="gray", vmin=0, vmax=255)
        for axes, kind in zip(line[1:], KINDS, strict=False):
            axes.imshow(arrays[kind][i], cmap=SIGNED, vmin=-reach, vmax=reach)
        line[3].imshow(arrays["magnitude"][i], cmap="gray", vmin=0, vmax=strongest)
        line[0].set_title(in_figure(short([label])[0]))
        for axes, name in zip(line[1:], (*KINDS, "magnitude"), strict=True):
            axes.set_title(name if i == 0 else "")
        for axes in line:
            axes.set_axis_off()
    return figure


def _kernels(results: Results) -> Figure:
    """The filter, what was learned, and the difference, as numbers on colours."""
    figure = Figure(figsize=(figures.WIDTH, 4.0))
    grid = figure.subplots(2, 3, squeeze=False)
    drawn = max(kernel.errors[0] for kernel in results.kernels.values())
    exponent = int(np.floor(np.log10(drawn))) if drawn else 0
    unit = f", 10{str(exponent).translate(seeds.RAISED)}" if exponent else ""
    for line, kind in zip(grid, KINDS, strict=True):
        kernel = results.kernels[kind]
        filtered, learned = np.array(kernel.filter), np.array(kernel.learned)
        reach = float(np.abs(filtered).max())
        for axes, weights, title, decimals, scale in (
            (line[0], filtered, f"Sobel, {kind}", 0, 1.0),
            (line[1], learned, "learned", 2, 1.0),
            (line[2], learned - filtered, f"difference{unit}", 1, 10.0**-exponent),
        ):
            axes.imshow(weights, cmap=SIGNED, vmin=-reach, vmax=reach)
            for (row, column), each in np.ndenumerate(weights):
                text = f"{each * scale:z.{decimals}f}".replace("-", "\N{MINUS SIGN}")
                colour = "white" if abs(each) > 0.7 * reach else "#000000"
                axes.text(column, row, text, ha="center", va="center", color=colour)
            axes.set_title(title)
            axes.set_axis_off()
    return figure


def _losses(arrays: dict[str, Array]) -> Figure:
    figure = Figure(figsize=(figures.WIDTH, 2.9))
    axes = figure.add_subplot()
    for i, kind in enumerate(KINDS):
        axes.plot(
            *_smoothed(arrays, kind),
            color=figures.PALETTE[i],
            linestyle=figures.DASHES[i],
            linewidth=1.6,
            label=kind,
        )
    axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel("squared error a pixel")
    axes.legend()
    return figure


def _smoothed(arrays: dict[str, Array], kind: str) -> tuple[list[float], list[float]]:
    """Steps, and the geometric mean of the losses about each."""
    losses = np.maximum(arrays[f"{kind}.losses"], np.finfo(float).tiny)
    parts = np.array_split(np.arange(len(losses)), min(PLOTTED, len(losses)))
    return [float(part.mean()) + 1 for part in parts], [float(np.exp(np.log(losses[part]).mean())) for part in parts]
