"""The page of `sobel`."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from nnlabs.params.studies import Sobel
from nnlabs.reporting import figures, seeds, tables, sentences as verdict
from nnlabs.scratch.arrays import Array

TITLE = "Edges, and a convolution that learns to see them"
QUESTION = "What does a convolution see, and does it learn the Sobel filter from examples?"

CLOSE = 0.01
"""A learned kernel whose weights are all so near is the filter to two decimals."""
KINDS = ("horizontal", "vertical")
SIGNED = "RdBu_r"
"""For what has a sign: blue below 0, red above, told apart by every common kind of colour vision."""
PLOTTED = 250
"""Points of a loss curve; each is the geometric mean of the steps about it."""


def answer(results: dict[str, Any]) -> str:
    worst = results["headline"]["largest_error_of_a_weight"]
    chosen = results["settings"]
    how = f"after {verdict.counted(chosen['steps'], 'step')} on {chosen['images']:,} images"
    largest = max(abs(each) for kernel in results["kernels"].values() for row in kernel for each in row)
    compared = f"the largest difference of a weight is {seeds.number(worst)}, where weights go up to {largest:g}"
    if worst <= CLOSE:
        return f"It answers to edges, and learns the filter: {how} {compared}."
    return f"It answers to edges; the filter is **not** learned to two decimals {how}: {compared}."


def page(results: dict[str, Any], arrays: dict[str, Array], settings: Sobel, folder: Path) -> dict[str, Any]:
    figures.save(_photographs(results, arrays), folder / "photographs.png")
    figures.save(_kernels(results), folder / "kernels.svg")
    figures.save(_losses(arrays), folder / "losses.svg")
    return {
        "matrices": {kind: _matrix(results["kernels"][kind]) for kind in KINDS},
        "errors": tables.markdown([_row(results, arrays, kind) for kind in KINDS]),
        "number": seeds.number,
    }


def _matrix(kernel: list[list[float]]) -> str:
    """LaTeX."""
    rows = (" & ".join(f"{each:g}" for each in row) for row in kernel)
    return r"\begin{pmatrix}" + r" \\ ".join(rows) + r"\end{pmatrix}"


def _row(results: dict[str, Any], arrays: dict[str, Array], kind: str) -> dict[str, Any]:
    losses = arrays[f"{kind}.losses"]
    return {
        "filter": kind,
        "largest error of a weight": seeds.number(results["errors"][kind]),
        "loss, first step": seeds.number(float(losses[0])),
        "loss, last step": seeds.number(float(losses[-1])),
        "steps": f"{len(losses):,}",
    }


# ---------------------------------------------------------------- figures


def _photographs(results: dict[str, Any], arrays: dict[str, Array]) -> Figure:
    """A row an image: itself, the two responses, their magnitude."""
    images = arrays["images"]
    figure = Figure(figsize=(figures.WIDTH, 0.3 + 2.0 * len(images)))
    grid = figure.subplots(len(images), 4, squeeze=False)
    reach = max(float(np.abs(arrays[kind]).max()) for kind in KINDS) or 1.0
    strongest = float(arrays["magnitude"].max()) or 1.0
    for i, (line, label) in enumerate(zip(grid, results["labels"], strict=True)):
        pixels = images[i].transpose(1, 2, 0)
        line[0].imshow(pixels if pixels.shape[2] == 3 else pixels[..., 0], cmap="gray", vmin=0, vmax=255)
        for axes, kind in zip(line[1:], KINDS, strict=False):
            axes.imshow(arrays[kind][i], cmap=SIGNED, vmin=-reach, vmax=reach)
        line[3].imshow(arrays["magnitude"][i], cmap="gray", vmin=0, vmax=strongest)
        line[0].set_title(label, fontsize=9)
        for axes, name in zip(line[1:], (*KINDS, "magnitude"), strict=True):
            axes.set_title(name if i == 0 else "", fontsize=9)
        for axes in line:
            axes.set_axis_off()
    return figure


def _kernels(results: dict[str, Any]) -> Figure:
    """The filter, what was learned, and the difference, as numbers on colours."""
    figure = Figure(figsize=(figures.WIDTH, 5.2))
    grid = figure.subplots(2, 3, squeeze=False)
    for line, kind in zip(grid, KINDS, strict=True):
        filtered, learned = (np.array(results[key][kind]) for key in ("kernels", "learned"))
        reach = float(np.abs(filtered).max())
        for axes, kernel, title, decimals in (
            (line[0], filtered, f"Sobel, {kind}", 0),
            (line[1], learned, "learned", 4),
            (line[2], learned - filtered, "difference", None),
        ):
            axes.imshow(kernel, cmap=SIGNED, vmin=-reach, vmax=reach)
            for (row, column), each in np.ndenumerate(kernel):
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
        losses = np.maximum(arrays[f"{kind}.losses"], np.finfo(float).tiny)
        parts = np.array_split(np.arange(len(losses)), min(PLOTTED, len(losses)))
        axes.plot(
            [float(part.mean()) + 1 for part in parts],
            [float(np.exp(np.log(losses[part]).mean())) for part in parts],
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
