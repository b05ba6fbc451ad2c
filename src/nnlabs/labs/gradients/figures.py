"""Figures of the page about gradients."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnlabs.core.record import Arrays
from nnlabs.labs.gradients.names import FUNCTIONS, group
from nnlabs.labs.gradients.results import (
    Pair,
    Results,
    below_guessing,
    falling_seeds,
    level_seeds,
    typical,
)
from nnlabs.reporting.figures import DASHES, PALETTE, WIDTH

LOWEST = 1e-20
"""Where the axes end: one layer whose norm is all but 0 shall not flatten the others."""
FAR = 1000.0
"""Norms further apart than this are not nearly level any more."""
GAP = 0.3
"""Between groups of rows."""
EVERY, SOME, NONE, FAR_OFF = (PALETTE[0], PALETTE[5], PALETTE[4], PALETTE[1])
"""Colours of the cells: so in every seed, in some, in none, and far from it."""


def grid(results: Results, arrays: Arrays) -> Figure:
    """A row a combination, a column a depth: whether gradients are level up to there, and whether the loss falls."""
    pairs, depths = results.pairs, results.depths
    figure = Figure(figsize=(WIDTH, 1.6 + 0.25 * len(pairs)))
    level, falls = figure.subplots(1, 2, sharey=True)
    groups = [group(pair) for pair in pairs]
    order = {each: i for i, each in enumerate(dict.fromkeys(groups))}
    rows = [row + GAP * order[each] for row, each in enumerate(groups)]
    for pair, row in zip(pairs, rows, strict=True):
        for column, depth in enumerate(depths):
            _cell(level, column, row, _level(pair, arrays, depths[: column + 1]))
            _cell(falls, column, row, _falls(pair, depth))
            if below_guessing(pair.losses[depth], results.classes):
                falls.plot(column, row, "o", color="white", markersize=4.5)
    for axes, title in ((level, "gradients level"), (falls, "loss falls")):
        axes.set_title(title)
        axes.set_xticks(range(len(depths)), [str(depth) for depth in depths])
        axes.set_xlabel("hidden layers")
        axes.grid(visible=False)
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        axes.set_xlim(-0.5, len(depths) - 0.5)
        axes.set_ylim(rows[-1] + 0.5, -0.5)
    level.set_yticks(rows, [FUNCTIONS[pair.activation] for pair in pairs])
    for each in order:
        place = float(np.mean([row for row, other in zip(rows, groups, strict=True) if other == each]))
        where: dict[str, Any] = {"textcoords": "offset points", "ha": "right", "va": "center", "annotation_clip": False}
        level.annotate(each, (0, place), (-70, 0), **where)
    patch = mpl.patches.Patch
    entries: list[Any] = [
        patch(color=EVERY, label="yes, in every seed"),
        patch(color=SOME, label="in some seeds"),
        patch(color=NONE, label="no"),
        patch(color=FAR_OFF, label="far from it, or overflow"),
    ]
    figure.legend(handles=entries, loc="outside lower center", ncols=2)
    return figure


def _cell(axes: Axes, column: float, row: float, colour: str) -> None:
    axes.add_patch(mpl.patches.Rectangle((column - 0.46, row - 0.44), 0.92, 0.88, color=colour, linewidth=0))


def _level(pair: Pair, arrays: Arrays, depths: Sequence[int]) -> str:
    """The colour for norms of all these depths together."""
    every = np.concatenate([equal(arrays[f"{pair.name}.{depth}"][:, 0]) for depth in depths], axis=1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        apart = every.max(1) / every.min(1)
    found = [float(each) if np.isfinite(each) else None for each in apart]
    seeds = level_seeds(found)
    return (
        EVERY
        if seeds == len(found)
        else SOME
        if seeds
        else NONE
        if all(each is not None and each <= FAR for each in found)
        else FAR_OFF
    )


def _falls(pair: Pair, depth: int) -> str:
    losses = pair.losses[depth]
    seeds = falling_seeds(losses)
    over = any(each.last is None for each in losses)
    return EVERY if seeds == len(losses) else SOME if seeds else FAR_OFF if over else NONE


def equal(norms: Any) -> Any:
    """Of seeds x layers those of equal size: all hidden ones but the first, which sees the pixels."""
    return norms[:, 1:] if norms.shape[1] > 1 else norms


def panels(pairs: list[Pair], arrays: Arrays, depths: Sequence[int]) -> Figure:
    """Norm by layer at the start: a row a way to begin, a column an activation, a line a depth."""
    groups, functions = list(dict.fromkeys(map(group, pairs))), _activations(pairs)
    found = {(group(pair), pair.activation): pair for pair in pairs}
    figure = Figure(figsize=(WIDTH, 1.2 + 1.4 * len(groups)))
    cells = figure.subplots(len(groups), len(functions), sharex=True, sharey=True, squeeze=False)
    for line, each in zip(cells, groups, strict=True):
        for axes, function in zip(line, functions, strict=True):
            _panel(axes, found[each, function], arrays, depths)
        line[0].set_ylabel(each)
    for axes, function in zip(cells[0], functions, strict=True):
        axes.set_title(FUNCTIONS[function])
    _fit(figure.axes)
    figure.supxlabel("layer, from the input on", fontsize=10.5)
    entries = [mpl.lines.Line2D([], [], label=f"{depth} layers", **style) for depth, style in _styles(depths).items()]
    figure.legend(handles=entries, loc="outside upper center", ncols=3)
    return figure


def _styles(depths: Sequence[int]) -> dict[int, dict[str, Any]]:
    return {
        depth: {"color": PALETTE[i % 6], "linestyle": DASHES[i % 3], "linewidth": 1.8}
        for i, depth in enumerate(sorted(depths))
    }


def _panel(axes: Axes, pair: Pair, arrays: Arrays, depths: Sequence[int]) -> None:
    """The median over seeds."""
    over, vanished = [], []
    for depth, style in _styles(depths).items():
        norms = np.median(arrays[f"{pair.name}.{depth}"][:, 0], axis=0)
        shown = np.where((norms > 0) & np.isfinite(norms), norms, np.nan)
        if not np.isfinite(norms).all():
            over.append(str(depth))
        elif not norms.all():
            vanished.append(str(depth))
        axes.plot(np.arange(1, depth + 1), shown, marker="o" if depth == 1 else "", markersize=3, **style)
    said = [f"overflow: {', '.join(over)}"] * bool(over) + [f"some 0: {', '.join(vanished)}"] * bool(vanished)
    if said:
        axes.text(0.97, 0.04, "\n".join(said), transform=axes.transAxes, ha="right", va="bottom", color="#444444")
    axes.set_xlim(0, max(depths) + 1)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(3, integer=True))
    _logarithmic(axes)


def _logarithmic(axes: Axes) -> None:
    """A logarithmic axis without small ticks: over forty decades they are many, and slow."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(mpl.ticker.LogLocator(numticks=5))
    axes.yaxis.set_minor_locator(mpl.ticker.NullLocator())


def _fit(cells: Sequence[Axes]) -> None:
    """The same decades in all panels, so that a line as high as a factor of ten is so everywhere."""
    values = [line.get_ydata() for axes in cells for line in axes.lines]
    known = np.concatenate([np.asarray(each)[np.isfinite(each)] for each in values]) if values else np.array([])
    low, high = (known.min(), known.max()) if len(known) else (0.1, 10)
    for axes in cells:
        axes.set_ylim(max(low, LOWEST) / 3, high * 3)


def by_depth(results: Results, arrays: Arrays) -> Figure:
    """The typical norm against the depth, a panel an activation, a line each of its combinations."""
    depths = results.depths
    groups = list(dict.fromkeys(group(pair).replace("\n", " ") for pair in results.pairs))
    styles: dict[str, dict[str, Any]] = {
        each: {"color": PALETTE[i % 8], "linestyle": DASHES["+" in each], "marker": "os"["+" in each]}
        for i, each in enumerate(groups)
    }
    functions = _activations(results.pairs)
    figure = Figure(figsize=(WIDTH, 1.0 + 2.2 * len(functions)))
    for axes, activation in zip(
        figure.subplots(len(functions), 1, sharex=True, squeeze=False).flat, functions, strict=True
    ):
        for pair in results.pairs:
            if pair.activation == activation:
                norms = [typical(arrays[f"{pair.name}.{depth}"], 0) for depth in depths]
                axes.plot(depths, norms, markersize=4, linewidth=1.5, **styles[group(pair).replace("\n", " ")])
        _logarithmic(axes)
        axes.set_title(FUNCTIONS[activation])
        axes.set_ylabel("‖dL/dW‖")
    figure.axes[-1].set_xlabel("hidden layers")
    entries = [mpl.lines.Line2D([], [], markersize=4, label=each, **style) for each, style in styles.items()]
    figure.legend(handles=entries, loc="outside upper center", ncols=2)
    return figure


def _activations(pairs: list[Pair]) -> list[str]:
    return list(dict.fromkeys(pair.activation for pair in pairs))
