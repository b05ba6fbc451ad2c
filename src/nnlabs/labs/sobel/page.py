"""The page of `sobel`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlabs.core.record import Arrays
from nnlabs.labs.common import curves
from nnlabs.labs.sobel.results import Kernel, Results
from nnlabs.labs.sobel.settings import Settings
from nnlabs.reporting import figures, seeds, tables
from nnlabs.reporting.sentences import counted

CLOSE = 0.01
"""A learned kernel whose weights are all so near is the filter to two decimals."""
SIGNED = "RdBu_r"
"""For what has a sign: blue below 0, red above, told apart by every common kind of colour vision."""
PLOTTED = 250
"""Points of a loss curve; each is the geometric mean of the steps about it."""


@dataclass(frozen=True)
class View:
    horizontal: str
    """The filters as matrices, in LaTeX."""
    vertical: str
    images: str
    steps: str
    rate: str
    errors: str
    """A table."""


def answer(results: Results) -> str:
    how = f"after {counted(results.steps, 'step')} on {results.images:,} images"
    largest = max(abs(each) for kernel in results.kernels for row in kernel.filter for each in row)
    error = seeds.number(results.largest_error)
    compared = f"the largest difference of a weight is {error}, where weights go up to {largest:g}"
    if results.largest_error <= CLOSE:
        return f"It answers to edges, and learns the filter: {how} {compared}."
    return f"It answers to edges; the filter is **not** learned to two decimals {how}: {compared}."


def metrics(results: Results) -> dict[str, float]:
    return {"largest_error_of_a_weight": results.largest_error}


def curve(results: Results, arrays: Arrays) -> curves.Rows:
    """log10 of the squared error of a pixel by step, a line a kernel."""
    rows: curves.Rows = []
    for kernel in results.kernels:
        steps, losses = _smooth(arrays[f"{kernel.kind}.losses"])
        rows += curves.line(steps, np.log10(losses), kernel.kind)
    return rows


def page(results: Results, arrays: Arrays, settings: Settings, folder: Path) -> View:
    figures.save(_photographs(results, arrays), folder / "photographs.png")
    figures.save(_kernels(results), folder / "kernels.svg")
    figures.save(_losses(results, arrays), folder / "losses.svg")
    matrices = {kernel.kind: _matrix(kernel.filter) for kernel in results.kernels}
    return View(
        **matrices,
        images=f"{settings.images:,}",
        steps=f"{settings.steps:,}",
        rate=f"{settings.lr:g}",
        errors=tables.markdown([_row(kernel, arrays[f"{kernel.kind}.losses"]) for kernel in results.kernels]),
    )


def _matrix(kernel: list[list[float]]) -> str:
    """LaTeX."""
    rows = (" & ".join(f"{each:g}" for each in row) for row in kernel)
    return r"\begin{pmatrix}" + r" \\ ".join(rows) + r"\end{pmatrix}"


def _row(kernel: Kernel, losses: NDArray[Any]) -> dict[str, Any]:
    return {
        "filter": kernel.kind,
        "largest error of a weight": seeds.number(kernel.error),
        "loss, first step": seeds.number(float(losses[0])),
        "loss, last step": seeds.number(float(losses[-1])),
        "steps": f"{len(losses):,}",
    }


def _smooth(losses: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Steps and losses of a curve that the eye can follow."""
    positive = np.maximum(losses, np.finfo(float).tiny)
    parts = np.array_split(np.arange(len(losses)), min(PLOTTED, len(losses)))
    steps = np.array([float(part.mean()) + 1 for part in parts])
    return steps, np.array([float(np.exp(np.log(positive[part]).mean())) for part in parts])


# ---------------------------------------------------------------- figures


def _photographs(results: Results, arrays: Arrays) -> Figure:
    """A row an image: itself, the two responses, their magnitude."""
    images, kinds = arrays["images"], [kernel.kind for kernel in results.kernels]
    figure = Figure(figsize=(figures.WIDTH, 0.3 + 2.0 * len(images)))
    grid = figure.subplots(len(images), 4, squeeze=False)
    reach = max(float(np.abs(arrays[kind]).max()) for kind in kinds) or 1.0
    strongest = float(arrays["magnitude"].max()) or 1.0
    for i, (line, label) in enumerate(zip(grid, results.labels, strict=True)):
        pixels = images[i].transpose(1, 2, 0)
        line[0].imshow(pixels if pixels.shape[2] == 3 else pixels[..., 0], cmap="gray", vmin=0, vmax=255)
        for axes, kind in zip(line[1:], kinds, strict=False):
            axes.imshow(arrays[kind][i], cmap=SIGNED, vmin=-reach, vmax=reach)
        line[3].imshow(arrays["magnitude"][i], cmap="gray", vmin=0, vmax=strongest)
        line[0].set_title(label, fontsize=9)
        for axes, name in zip(line[1:], (*kinds, "magnitude"), strict=True):
            axes.set_title(name if i == 0 else "", fontsize=9)
        for axes in line:
            axes.set_axis_off()
    return figure


def _kernels(results: Results) -> Figure:
    """The filter, what was learned, and the difference, as numbers on colours."""
    figure = Figure(figsize=(figures.WIDTH, 5.2))
    grid = figure.subplots(2, 3, squeeze=False)
    for line, each in zip(grid, results.kernels, strict=True):
        filtered, learned = np.array(each.filter), np.array(each.learned)
        reach = float(np.abs(filtered).max())
        for axes, kernel, title, decimals in (
            (line[0], filtered, f"Sobel, {each.kind}", 0),
            (line[1], learned, "learned", 4),
            (line[2], learned - filtered, "difference", None),
        ):
            axes.imshow(kernel, cmap=SIGNED, vmin=-reach, vmax=reach)
            for (row, column), weight in np.ndenumerate(kernel):
                text = seeds.number(weight) if decimals is None else f"{weight:.{decimals}f}".replace("-", "\N{MINUS SIGN}")
                colour = "white" if abs(weight) > 0.7 * reach else "#222222"
                axes.text(column, row, text, ha="center", va="center", fontsize=10, color=colour)
            axes.set_title(title)
            axes.set_axis_off()
    return figure


def _losses(results: Results, arrays: Arrays) -> Figure:
    figure = Figure(figsize=(figures.WIDTH, 2.9))
    axes = figure.add_subplot()
    for i, kernel in enumerate(results.kernels):
        axes.plot(
            *_smooth(arrays[f"{kernel.kind}.losses"]),
            color=figures.PALETTE[i],
            linestyle=figures.DASHES[i],
            linewidth=1.6,
            label=kernel.kind,
        )
    axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel("squared error a pixel")
    axes.legend(fontsize=8.5)
    return figure
