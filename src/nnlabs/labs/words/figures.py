"""Figures of the word vectors' page."""

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from nnlabs.labs.words.results import Group, Section
from nnlabs.reporting.figures import PALETTE, WIDTH
from nnlabs.reporting.sentences import percent

GRAMMAR = "gram"
"""Sections of questions-words that ask for forms of a word begin so; the others ask what things are."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
SIDES = (
    *(("left", 6, 0), ("right", -6, 0), ("center", 0, 9), ("center", 0, -9)),
    *(("left", 6, 8), ("left", 6, -8), ("right", -6, 8), ("right", -6, -8)),
    *(("center", 0, 20), ("center", 0, -20), ("left", 6, 17), ("left", 6, -17), ("right", -6, 17), ("right", -6, -17)),
)
"""Where a word may stand beside its point: alignment, and points to the right and up."""


def losses(running: NDArray[Any], fixed: NDArray[Any]) -> Figure:
    """The loss of fixed pairs, and the one met on the way, by epoch: seeds thin, their mean thick."""
    figure = Figure(figsize=(WIDTH, 3.4))
    axes = figure.add_subplot()
    for table, first, colour, style, label in (
        (fixed, 0, PALETTE[0], "-", "the same pairs, after each epoch"),
        (running, 0.5, PALETTE[1], (0, (4, 2)), "on the way, mean over each epoch"),
    ):
        epochs = np.arange(table.shape[1]) + first  # a mean over an epoch stands in its middle
        axes.plot(epochs, table.T, color=colour, linewidth=0.7, alpha=0.5, linestyle=style)
        axes.plot(
            epochs, table.mean(0), color=colour, linewidth=2, linestyle=style, marker="o", markersize=4, label=label
        )
    axes.set_xlabel("epochs")
    axes.set_ylabel("loss of a pair")
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
    axes.legend()
    return figure


def sections(rows: list[Section]) -> Figure:
    """Right answers of every section: a tick a seed, a bar for their mean; colour says grammar or facts."""
    rows = sorted(rows, key=lambda row: -row.right.mean)
    figure = Figure(figsize=(WIDTH, 1.0 + 0.31 * len(rows)))
    axes = figure.add_subplot()
    for i, row in enumerate(rows):
        colour = PALETTE[0] if row.section.startswith(GRAMMAR) else PALETTE[4]
        axes.barh(i, 100 * row.right.mean, height=0.62, color=colour)
        axes.plot(100 * np.array(row.right.per_seed), [i] * len(row.right.per_seed), "|", color="#222222", markersize=9)
        top = 100 * max(row.right.mean, *row.right.per_seed)
        text = f"{100 * row.right.mean:.1f} % of {row.known:,}"
        axes.annotate(text, (top, i), xytext=(7, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(rows)), [row.section for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.margins(x=0.42)
    axes.set_xlim(left=0)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("right answers, %")
    patch = mpl.patches.Patch
    figure.legend(
        handles=[patch(color=PALETTE[0], label="grammar"), patch(color=PALETTE[4], label="facts")],
        loc="outside upper center",
        ncols=2,
    )
    return figure


def word_map(groups: list[Group], places: NDArray[Any], explained: list[float]) -> Figure:
    """The chosen words on the plane of their first two principal components."""
    figure = Figure(figsize=(WIDTH, 7.4))
    axes = figure.add_subplot()
    start = 0
    for i, each in enumerate(groups):
        x, y = places[start : start + len(each.words)].T
        axes.scatter(
            x, y, s=26, color=PALETTE[i % len(PALETTE)], marker=MARKERS[i % len(MARKERS)], label=each.group, zorder=3
        )
        start += len(each.words)
    axes.margins(0.09)
    axes.set_xlabel(f"first component, {percent(explained[0], 0)} % of the variance")
    axes.set_ylabel(f"second component, {percent(explained[1], 0)} %")
    figure.legend(loc="outside upper center", ncols=3)
    _label(figure, axes, [word for each in groups for word in each.words], places)
    return figure


def _label(figure: Figure, axes: Axes, words: list[str], places: NDArray[Any]) -> None:
    """Write each word beside its point, on the side where least of it lies upon others, words before points."""
    figure.draw_without_rendering()  # settles the layout, so that texts have their sizes
    points = [Bbox.from_bounds(x - 4, y - 4, 8, 8) for x, y in axes.transData.transform(places)]
    taken: list[Bbox] = []
    for word, place in zip(words, places, strict=True):
        tried: list[tuple[tuple[float, ...], int, Annotation, Bbox]] = []
        for alignment, right, up in SIDES:
            text = axes.annotate(
                word,
                place,
                xytext=(right, up),
                textcoords="offset points",
                ha=alignment,
                va="center",
                fontsize=10,
                color="#222222",
            )
            box = text.get_window_extent()
            met = tuple(sum(_common(box, other) for other in others) for others in (taken, points))
            tried.append((met, len(tried), text, box))
        _, best, _, box = min(tried, key=lambda each: each[:2])
        for _, i, text, _ in tried:
            if i != best:
                text.remove()
        taken.append(box)


def _common(one: Bbox, other: Bbox) -> float:
    """The area that two boxes share."""
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return max(width, 0.0) * max(height, 0.0)
