"""Drawings of what networks are built from: a convolution, and a connection that skips layers."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from numpy.typing import NDArray

from nnlabs.reporting.figures import PALETTE, WIDTH

BLUE, ORANGE, GREEN = PALETTE[0], PALETTE[1], PALETTE[2]
INK, GUIDE = "#222222", "#666666"
IMAGE = np.array([[0, 0, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
"""A dark ground with a bright corner."""
KERNEL = np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])
"""Bright to the right of dark."""
SEEN = (1, 0)
"""Row and column of the patch that is followed."""


def convolved(image: NDArray[np.int64], kernel: NDArray[np.int64]) -> NDArray[np.int64]:
    """Every sum of products of the kernel and the patch under it, as a convolutional layer has them."""
    patches = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.asarray((patches * kernel).sum((2, 3)))


def convolution() -> Figure:
    """An image with one patch marked, the kernel, and the map of their products' sums."""
    result = convolved(IMAGE, KERNEL)
    figure, axes = _canvas(2.45)
    cell, top = 0.3, 0.4
    row, column = SEEN
    places = {"image": (0.12, IMAGE), "kernel": (2.25, KERNEL), "map": (4.1, result)}
    for title, (left, values) in places.items():
        axes.text(left, top - 0.17, title, color=INK, fontweight="bold", va="center")
        _grid(axes, values, left, top, cell)
    _frame(axes, 0.12 + cell * column, top + cell * row, 3 * cell, ORANGE)
    _frame(axes, 4.1 + cell * column, top + cell * row, cell, ORANGE)
    axes.text(1.93, top + 1.5 * cell, "×", color=INK, ha="center", va="center", fontsize=14)
    _arrow(axes, (3.3, top + 1.5 * cell), (4.0, top + 1.5 * cell))
    products = (IMAGE[row : row + 3, column : column + 3] * KERNEL).ravel()
    told = " + ".join(str(each) for each in products if each) or "0"
    said = f"marked: nine products, sum {told} = {result[SEEN]}"
    axes.text(0.12, top + 5 * cell + 0.3, said.replace("-", "\N{MINUS SIGN}"), color=INK, va="center")
    return figure


def skip() -> Figure:
    """A residual block: two convolutions, and the way around them."""
    figure, axes = _canvas(1.4)
    y, boxes = 1.12, ("conv", "norm", "ReLU", "conv", "norm")
    left, width, gap = 0.62, 0.62, 0.12
    axes.text(0.12, y, "x", color=INK, va="center", ha="center", style="italic", fontsize=13)
    x = left
    _arrow(axes, (0.22, y), (left - 0.02, y))
    for i, name in enumerate(boxes):
        colour = BLUE if name == "conv" else GUIDE
        _box(axes, x, y, width, name, colour)
        if i < len(boxes) - 1:
            _arrow(axes, (x + width, y), (x + width + gap, y), head=5)
        x += width + gap
    plus = x + 0.14
    _arrow(axes, (x - gap, y), (plus - 0.12, y), head=5)
    axes.text(plus, y, "+", color=INK, va="center", ha="center", fontsize=16, fontweight="bold")
    _arrow(axes, (plus + 0.12, y), (plus + 0.3, y), head=5)
    axes.text(plus + 0.52, y, "ReLU", color=INK, va="center", ha="center")
    around = FancyArrowPatch(
        (0.36, y - 0.05),
        (plus, y - 0.14),
        connectionstyle="bar,angle=180,fraction=-0.1",
        arrowstyle="-|>",
        mutation_scale=12,
        linewidth=2.0,
        color=ORANGE,
    )
    axes.add_patch(around)
    axes.text((0.36 + plus) / 2, 0.3, "skip connection: x as it is", color=INK, va="center", ha="center")
    return figure


def filters(weights: Sequence[Sequence[Sequence[Sequence[float]]]], columns: int = 8) -> Figure:
    """Filters of a first layer as pictures, n x C x k x k: 0 is grey, each stretched to its own largest weight."""
    values = np.array(weights, float)
    rows = -(-len(values) // columns)
    figure = Figure(figsize=(WIDTH, 0.64 * rows))
    grid = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes, each in zip(grid, values, strict=False):
        shown = 0.5 + 0.5 * each.transpose(1, 2, 0) / (np.abs(each).max() or 1.0)
        axes.imshow(shown if shown.shape[2] == 3 else shown[..., 0], cmap="gray", vmin=0, vmax=1)
    for axes in grid:
        axes.set_axis_off()
    return figure


def _canvas(height: float) -> tuple[Figure, Axes]:
    """A figure measured in inches from its upper left corner."""
    figure = Figure(figsize=(WIDTH, height))
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    return figure, axes


def _grid(axes: Axes, values: NDArray[np.int64], left: float, top: float, cell: float) -> None:
    for (row, column), value in np.ndenumerate(values):
        place = (left + cell * column, top + cell * row)
        colour = {1: BLUE, -1: ORANGE}.get(int(np.sign(value)), "none")
        axes.add_patch(Rectangle(place, cell, cell, facecolor=colour, alpha=0.3 if value else 1, linewidth=0))
        axes.add_patch(Rectangle(place, cell, cell, facecolor="none", edgecolor=GUIDE, linewidth=0.7))
        text = str(value).replace("-", "\N{MINUS SIGN}")
        axes.text(place[0] + cell / 2, place[1] + cell / 2, text, ha="center", va="center", color=INK)


def _frame(axes: Axes, left: float, top: float, side: float, colour: str) -> None:
    axes.add_patch(Rectangle((left, top), side, side, facecolor="none", edgecolor=colour, linewidth=2.4, zorder=4))


def _box(axes: Axes, left: float, middle: float, width: float, text: str, colour: str) -> None:
    box = FancyBboxPatch(
        (left, middle - 0.17),
        width,
        0.34,
        boxstyle="round,pad=0,rounding_size=0.05",
        facecolor="none",
        edgecolor=colour,
    )
    axes.add_patch(box)
    axes.text(left + width / 2, middle, text, ha="center", va="center", color=INK)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], head: float = 9) -> None:
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=head, color=GUIDE, shrinkA=0, shrinkB=0)
    )
