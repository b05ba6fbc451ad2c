"""The page of `sobel`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from nnlabs.labs.common import curves
from nnlabs.labs.sobel.results import KINDS, Matrix, Results
from nnlabs.labs.sobel.settings import Settings
from nnlabs.reporting import figures, seeds, sentences, tables
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


def answer(results: Results) -> str:
    worst = results.worst
    largest = max(abs(each) for kernel in results.kernels.values() for row in kernel.filter for each in row)
    compared = f"the largest difference of a weight is {seeds.number(worst)}, where weights go up to {largest:g}"
    how = f"after {sentences.counted(results.steps, 'step')} on {results.images:,} images"
    if worst <= CLOSE:
        return f"It answers to edges, and learns the filter: {how} {compared}."
    return f"It answers to edges; the filter is **not** learned to two decimals {how}: {compared}."


def metrics(results: Results) -> dict[str, float]:
    return {"largest_error_of_a_weight": results.worst}


def curve(results: Results, arrays: dict[str, Array]) -> curves.Rows:
    """log10 of the squared error by step, a line a kernel."""
    rows: curves.Rows = []
    for kind in KINDS:
        steps, losses = _smoothed(arrays, kind)
        rows += curves.line(np.array(steps), np.log10(losses), kind)
    return rows


def page(results: Results, arrays: dict[str, Array], settings: Settings, folder: Path) -> View:
    figures.save(_photographs(results, arrays), folder / "photographs.png")
    figures.save(_kernels(results), folder / "kernels.svg")
    figures.save(_losses(arrays), folder / "losses.svg")
    return View(
        horizontal=_matrix(results.kernels["horizontal"].filter),
        vertical=_matrix(results.kernels["vertical"].filter),
        errors=tables.markdown([_row(results, arrays, kind) for kind in KINDS]),
    )


def _matrix(kernel: Matrix) -> str:
    """LaTeX."""
    rows = (" & ".join(f"{each:g}" for each in row) for row in kernel)
    return r"\begin{pmatrix}" + r" \cr ".join(rows) + r"\end{pmatrix}"


def _row(results: Results, arrays: dict[str, Array], kind: str) -> dict[str, Any]:
    losses = arrays[f"{kind}.losses"]
    return {
        "filter": kind,
        "largest error of a weight": seeds.number(results.kernels[kind].error),
        "loss, first step": seeds.number(float(losses[0])),
        "loss, last step": seeds.number(float(losses[-1])),
        "steps": f"{len(losses):,}",
    }


# ---------------------------------------------------------------- figures


def _photographs(results: Results, arrays: dict[str, Array]) -> Figure:
    """A row an image: itself, the two responses, their magnitude."""
    images = arrays["images"]
    figure = Figure(figsize=(figures.WIDTH, 0.3 + 2.0 * len(images)))
    grid = figure.subplots(len(images), 4, squeeze=False)
    reach = max(float(np.abs(arrays[kind]).max()) for kind in KINDS) or 1.0
    strongest = float(arrays["magnitude"].max()) or 1.0
    for i, (line, label) in enumerate(zip(grid, results.labels, strict=True)):
        pixels = images[i].transpose(1, 2, 0)
        line[0].imshow(pixels if pixels.shape[2] == 3 else pixels[..., 0], cmap="gray", vmin=0, vmax=255)
        for axes, kind in zip(line[1:], KINDS, strict=False):
            axes.imshow(arrays[kind][i], cmap=SIGNED, vmin=-reach, vmax=reach)
        line[3].imshow(arrays["magnitude"][i], cmap="gray", vmin=0, vmax=strongest)
        line[0].set_title(in_figure(short([label])[0]), fontsize=9)
        for axes, name in zip(line[1:], (*KINDS, "magnitude"), strict=True):
            axes.set_title(name if i == 0 else "", fontsize=9)
        for axes in line:
            axes.set_axis_off()
    return figure


def _kernels(results: Results) -> Figure:
    """The filter, what was learned, and the difference, as numbers on colours."""
    figure = Figure(figsize=(figures.WIDTH, 5.2))
    grid = figure.subplots(2, 3, squeeze=False)
    for line, kind in zip(grid, KINDS, strict=True):
        kernel = results.kernels[kind]
        filtered, learned = np.array(kernel.filter), np.array(kernel.learned)
        reach = float(np.abs(filtered).max())
        for axes, weights, title, decimals in (
            (line[0], filtered, f"Sobel, {kind}", 0),
            (line[1], learned, "learned", 4),
            (line[2], learned - filtered, "difference", None),
        ):
            axes.imshow(weights, cmap=SIGNED, vmin=-reach, vmax=reach)
            for (row, column), each in np.ndenumerate(weights):
                text = seeds.number(each) if decimals is None else f"{each:.{decimals}f}".replace("-", "\N{MINUS SIGN}")
                colour = "white" if abs(each) > 0.7 * reach else "#222222"
                axes.text(column, row, text, ha="center", va="center", fontsize=10, color=colour)
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
    axes.legend(fontsize=8.5)
    return figure


def _smoothed(arrays: dict[str, Array], kind: str) -> tuple[list[float], list[float]]:
    """Steps, and the geometric mean of the losses about each."""
    losses = np.maximum(arrays[f"{kind}.losses"], np.finfo(float).tiny)
    parts = np.array_split(np.arange(len(losses)), min(PLOTTED, len(losses)))
    return [float(part.mean()) + 1 for part in parts], [float(np.exp(np.log(losses[part]).mean())) for part in parts]
