"""The figures of `xor`."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from nnlabs.labs.xor.results import GRID, ClassRun, Corners, Pair
from nnlabs.reporting import figures, sentences
from nnlabs.scratch.activations.sigmoid import sigmoid
from nnlabs.scratch.arrays import Array

DRAWN = 400
"""Points of a panel; more would hide each other and swell the file."""
MARKERS = ("o", "s", "^", "D")
COLOURS = (figures.PALETTE[0], figures.PALETTE[1])
"""Of the two classes."""
FOUR = (figures.PALETTE[2], figures.PALETTE[3], figures.PALETTE[4], figures.PALETTE[5])
"""Of the four."""
SHORT = {"regressed": "one output", "softmax": "four outputs"}


def _plane(axes: Axes, x: Array, y: Array, colours: Sequence[str]) -> None:
    """The first points, each class with a colour and a marker of its own."""
    x, y = x[:DRAWN], y[:DRAWN]
    for k, colour in enumerate(colours):
        axes.plot(
            *x[y == k].T,
            MARKERS[k],
            color=colour,
            markersize=3.2,
            markeredgecolor="white",
            markeredgewidth=0.3,
            zorder=3,
        )
    low, high = GRID[0], GRID[-1]
    axes.set_xlim(min(low, float(x.min()) - 0.05), max(high, float(x.max()) + 0.05))
    axes.set_ylim(min(low, float(x.min()) - 0.05), max(high, float(x.max()) + 0.05))
    axes.set_aspect("equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(mpl.ticker.MultipleLocator(0.5))
    axes.set_xlabel("x₁")
    axes.set_ylabel("x₂")


def _legend(figure: Figure, colours: Sequence[str], names: Sequence[str]) -> None:
    entries = [
        mpl.lines.Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5, label=name)
        for colour, marker, name in zip(colours, MARKERS, names, strict=False)
    ]
    figure.legend(handles=entries, loc="outside upper center", ncols=len(entries))


def best(pairs: Sequence[Pair]) -> Pair:
    """The pair that is drawn: the first of those that get most points right."""
    return max(pairs, key=lambda pair: pair.accuracy)


def hidden_layer(pair: Pair, arrays: dict[str, Array]) -> Figure:
    """Two hidden units: their lines in the plane, and the points in the space of their outputs."""
    figure = Figure(figsize=(figures.WIDTH, 3.1))
    plane, space = figure.subplots(1, 2)
    x, y = arrays["corners.x"][:DRAWN], arrays["corners.y"][:DRAWN]
    grid = np.column_stack([each.ravel() for each in np.meshgrid(GRID, GRID)])
    logits = _outputs(pair, grid) @ pair.output[:2] + pair.output[2]
    _plane(plane, x, y, COLOURS)
    plane.contourf(
        GRID, GRID, np.clip(logits, -1, 1).reshape(len(GRID), -1), levels=[-2, 0, 2], colors=COLOURS, alpha=0.2
    )
    for line, style in zip(pair.lines, ("-", "--"), strict=True):
        _cut(plane, line, style)
    plane.set_title("the points, two lines")
    outputs = _outputs(pair, x)
    for k, colour in enumerate(COLOURS):
        space.plot(
            *outputs[y == k].T, MARKERS[k], color=colour, markersize=4, markeredgecolor="white", markeredgewidth=0.3
        )
    space.set_xlim(-0.06, 1.06)
    space.set_ylim(-0.06, 1.06)
    space.set_aspect("equal")
    _cut(space, pair.output, "-.")
    space.set_xlabel("output of the first unit")
    space.set_ylabel("output of the second")
    space.set_title("hidden layer, one line")
    _legend(figure, COLOURS, ("XOR = 0", "XOR = 1"))
    return figure


def _outputs(pair: Pair, x: Array) -> Array:
    """What the hidden units make of points, N x 2."""
    lines = np.array(pair.lines)
    return sigmoid(x @ lines[:, :2].T + lines[:, 2])


def _cut(axes: Axes, line: Sequence[float], style: str) -> None:
    """Where w1 x1 + w2 x2 + b = 0, as far as the panel goes."""
    w1, w2, b = line
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    if abs(w2) >= abs(w1):
        ends = np.array([left, right])
        axes.plot(ends, -(w1 * ends + b) / w2 if w2 else ends, style, color="#222222", linewidth=1.4, zorder=4)
    else:
        ends = np.array([low, high])
        axes.plot(-(w2 * ends + b) / w1, ends, style, color="#222222", linewidth=1.4, zorder=4)
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)


def accuracies(corners: Corners) -> Figure:
    """Held-out accuracy of every seed."""
    figure = Figure(figsize=(figures.WIDTH, 2.3))
    axes = figure.add_subplot()
    rows = {
        "a line": [run.line for run in corners.runs],
        "2 hidden units": [pair.accuracy for pair in corners.pairs],
        f"{corners.hidden} hidden units": [run.network for run in corners.runs],
    }
    for i, (values, colour) in enumerate(zip(rows.values(), figures.PALETTE, strict=False)):
        axes.plot([100 * each for each in values], [i] * len(values), "o", color=colour, markersize=8, alpha=0.7)
    axes.set_yticks(range(len(rows)), list(rows))
    axes.set_ylim(-0.5, len(rows) - 0.5)
    axes.axvline(75, color="#666666", linestyle=":", linewidth=1.4)
    axes.set_xlabel("held-out points right, %; dotted: three of four corners")
    return figure


def network(corners: Corners, arrays: dict[str, Array]) -> Figure:
    """The larger network's boundary, and its loss."""
    figure = Figure(figsize=(figures.WIDTH, 3.1))
    plane, loss = figure.subplots(1, 2)
    _plane(plane, arrays["corners.x"], arrays["corners.y"], COLOURS)
    logits = np.clip(arrays["corners.network"], -1, 1)
    plane.contourf(GRID, GRID, logits, levels=[-2, 0, 2], colors=COLOURS, alpha=0.2, zorder=1)
    if logits.min() < 0 < logits.max():
        plane.contour(GRID, GRID, logits, levels=[0], colors="#222222", linewidths=1.4, zorder=4)
    plane.grid(visible=False)
    plane.set_title(f"{corners.hidden} hidden units")
    loss.plot(arrays["corners.iterations"], arrays["corners.losses"], color=figures.PALETTE[2], linewidth=1.8)
    loss.set_yscale("log")
    loss.set_xlabel("step")
    loss.set_title("loss")
    _legend(figure, COLOURS, ("XOR = 0", "XOR = 1"))
    return figure


def class_losses(arrays: dict[str, Array]) -> Figure:
    figure = Figure(figsize=(figures.WIDTH, 2.7))
    names = {"regressed": "squared error", "softmax": "cross-entropy"}
    for axes, (kind, title) in zip(figure.subplots(1, 2), SHORT.items(), strict=True):
        losses = arrays[f"classes.{kind}.losses"]
        axes.plot(np.arange(1, len(losses) + 1), losses, color="#444444", linewidth=1.8)
        axes.set_xlabel("epoch")
        axes.set_ylabel(names[kind])
        axes.set_ylim(0)
        axes.set_title(title)
    return figure


def regions(run: ClassRun, arrays: dict[str, Array]) -> Figure:
    figure = Figure(figsize=(figures.WIDTH, 3.1))
    half = (GRID[1] - GRID[0]) / 2
    edges = (GRID[0] - half, GRID[-1] + half) * 2
    for axes, kind in zip(figure.subplots(1, 2), SHORT, strict=True):
        _plane(axes, arrays["classes.x"], arrays["classes.y"], FOUR)
        axes.imshow(
            arrays[f"classes.{kind}.plane"],
            cmap=ListedColormap(FOUR),
            vmin=0,
            vmax=3,
            alpha=0.3,
            origin="lower",
            extent=edges,
            interpolation="nearest",
            zorder=1,
        )
        axes.set_xlim(*edges[:2])
        axes.set_ylim(*edges[:2])
        axes.grid(visible=False)
        axes.plot(0.5, 0, "*", color="#222222", markersize=11, markeredgecolor="white", zorder=5)
        axes.set_title(f"{SHORT[kind]}: {sentences.percent(getattr(run, kind).accuracy, 1)} %")
    _legend(figure, FOUR, [f"class {k}" for k in range(4)])
    return figure
