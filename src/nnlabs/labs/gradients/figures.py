"""Figures of the page about gradients."""

from collections.abc import Sequence
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from nnlabs.core.record import Arrays
from nnlabs.labs.gradients.results import Pair, Results, is_level, typical
from nnlabs.reporting.figures import WIDTH, colours

RULES = {"normal": "N(0, 1)", "xavier": "Xavier", "he": "He", "lecun": "LeCun"}
FUNCTIONS = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU"}
DARKEST = 0.9
"""Of viridis, whose yellow end is too pale for a line."""

LOWEST = 1e-20
"""Where the axes end: one layer whose norm is all but 0 shall not flatten the others."""
SHADE = "#e8f3fb"
"""Behind what is level."""

What = Literal["initialisation", "remedy"]


def plain_panels(pairs: list[Pair], arrays: Arrays, depths: Sequence[int], when: int) -> Figure:
    """Norm by layer at the start (`when` 0) or after training (1): a row an activation, a column an initialisation."""
    figure = Figure(figsize=(WIDTH, 1.1 + 1.6 * len(_activations(pairs))))
    _multiples(figure, pairs, "initialisation", arrays, depths, when)
    _fit(figure.axes)
    _legend(figure, depths)
    return figure


def remedy_panels(pairs: list[Pair], arrays: Arrays, depths: Sequence[int], steps: int) -> Figure:
    """Norm by layer at the start and after training, a column a remedy."""
    figure = Figure(figsize=(WIDTH, 1.3 + 1.6 * len(_activations(pairs))))
    for half, when in zip(figure.subfigures(1, 2, squeeze=False).flat, range(2), strict=True):
        _multiples(half, pairs, "remedy", arrays, depths, when)
        half.suptitle(("at the start", f"after {steps:,} steps")[when], fontsize=9.5)
    _fit(figure.axes)
    _legend(figure, depths)
    return figure


def by_depth(results: Results, arrays: Arrays) -> Figure:
    """The typical norm against the depth, a panel an activation, a line each of its pairs."""
    depths = results.depths
    ways = list(dict.fromkeys((pair.initialisation, pair.remedy) for pair in results.pairs))
    styles = colours([" ".join(way) for way in ways])
    functions = _activations(results.pairs)
    figure = Figure(figsize=(WIDTH, 3.6))
    for axes, activation in zip(figure.subplots(1, len(functions), squeeze=False).flat, functions, strict=True):
        for pair in results.pairs:
            if pair.activation == activation:
                norms = [typical(arrays[f"{pair.name}.{depth}"], 0) for depth in depths]
                style = styles[f"{pair.initialisation} {pair.remedy}"]
                axes.plot(depths, norms, marker="os"[bool(pair.remedy)], markersize=3.5, linewidth=1.5, **style)
        axes.set_yscale("log")
        axes.set_title(FUNCTIONS[activation])
        axes.set_xlabel("hidden layers")
    figure.axes[0].set_ylabel("‖dL/dW‖ at the start")
    entries = [
        mpl.lines.Line2D(
            [],
            [],
            marker="os"[bool(remedy)],
            markersize=4,
            label=RULES[initialisation] + (f" + {remedy}" if remedy else ""),
            **styles[f"{initialisation} {remedy}"],
        )
        for initialisation, remedy in ways
    ]
    figure.legend(handles=entries, loc="outside upper center", ncols=4, fontsize=8)
    return figure


def _shades(depths: Sequence[int]) -> dict[int, Any]:
    """The deeper the darker."""
    ordered = sorted(depths)
    return dict(zip(ordered, mpl.colormaps["viridis"](np.linspace(DARKEST, 0, len(ordered))), strict=True))


def _panel(axes: Axes, pair: Pair, arrays: Arrays, depths: Sequence[int], when: int) -> None:
    """Norm by layer, a line a depth: the median over seeds."""
    over, vanished = [], []
    for depth, shade in _shades(depths).items():
        norms = np.median(arrays[f"{pair.name}.{depth}"][:, when], axis=0)
        shown = np.where((norms > 0) & np.isfinite(norms), norms, np.nan)
        if not np.isfinite(norms).all():
            over.append(str(depth))
        elif not norms.all():
            vanished.append(str(depth))
        marker = "o" if depth == 1 else ""
        axes.plot(np.arange(1, depth + 1), shown, color=shade, linewidth=1.6, marker=marker, markersize=3)
    said = [f"overflow: depth\n{', '.join(over)}"] * bool(over) + [f"some are 0: depth\n{', '.join(vanished)}"] * bool(
        vanished
    )
    if said:
        axes.text(
            0.97, 0.04, "\n".join(said), transform=axes.transAxes, ha="right", va="bottom", fontsize=7, color="#7a2e00"
        )
    if is_level(pair.depths_trained if when else pair.depths_start):
        axes.set_facecolor(SHADE)
    axes.set_xlim(0, max(depths) + 1)
    axes.set_yscale("log")
    axes.tick_params(which="minor", left=False)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(3, integer=True))


def _fit(grid: Sequence[Axes]) -> None:
    """The same decades in all panels, so that a line as high as a factor of ten is so everywhere."""
    values = [line.get_ydata() for axes in grid for line in axes.lines]
    known = np.concatenate([np.asarray(each)[np.isfinite(each)] for each in values]) if values else np.array([])
    low, high = (known.min(), known.max()) if len(known) else (0.1, 10)
    for axes in grid:
        axes.set_ylim(max(low, LOWEST) / 3, high * 3)


def _legend(figure: Figure, depths: Sequence[int]) -> None:
    entries = [mpl.lines.Line2D([], [], color=c, linewidth=2, label=f"depth {d}") for d, c in _shades(depths).items()]
    figure.legend(handles=entries, loc="outside upper center", ncols=min(len(entries), 7), fontsize=8.5)


def _activations(pairs: list[Pair]) -> list[str]:
    return list(dict.fromkeys(pair.activation for pair in pairs))


def _multiples(
    parent: Figure | SubFigure, pairs: list[Pair], what: What, arrays: Arrays, depths: Sequence[int], when: int
) -> None:
    """A row an activation, a column each initialisation or remedy."""
    rows, columns = _activations(pairs), list(dict.fromkeys(getattr(pair, what) for pair in pairs))
    found = {(pair.activation, getattr(pair, what)): pair for pair in pairs}
    grid = parent.subplots(len(rows), len(columns), sharex=True, sharey=True, squeeze=False)
    for line, activation in zip(grid, rows, strict=True):
        for axes, column in zip(line, columns, strict=True):
            _panel(axes, found[activation, column], arrays, depths, when)
        line[0].set_ylabel(f"{FUNCTIONS[activation]}\n‖dL/dW‖")
    for axes, column in zip(grid[0], columns, strict=True):
        axes.set_title(
            RULES.get(column, column.replace("batch normalisation", "batch norm.").replace("connections", "")),
            fontsize=8.5,
        )
    parent.supxlabel("layer, from the input on", fontsize=9)
