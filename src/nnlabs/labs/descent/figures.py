"""The figures of `descent`."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from nnlabs.labs.descent.results import Results, Walk
from nnlabs.reporting import figures
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.descent import LECTURE, Function

NAMES = {
    "sgd": "gradient descent",
    "momentum": "momentum",
    "nesterov": "Nesterov",
    "adam": "Adam",
    "adamax": "AdaMax",
    "newton": "Newton",
    "adamw": "AdamW",
}
COLOURS = dict(zip(NAMES, figures.PALETTE, strict=False))
STEEP = 8.0
"""Right of it e^x would dwarf the rest of a figure."""
FLOOR = 1e-16
"""Below it, float64 cannot tell L from its minimum."""
EARLY = 20
"""Steps of the closer look at how the methods begin."""
PLAIN = FuncFormatter(lambda value, _: f"{value:,g}")
"""Numbers along a logarithmic axis, written out."""


def heights(name: str, results: Results, arrays: dict[str, Array]) -> Array:
    """L - L* at every step of a method on L."""
    return np.maximum(arrays[f"line.{name}.value"] - results.minimum.value, FLOOR)


def rates(results: Results, expected: float) -> Figure:
    """Steps to the minimum of L against the learning rate."""
    figure = Figure(figsize=(figures.WIDTH, 3.9))
    axes = figure.add_subplot()
    for name, tried in results.functions["line"].tried.items():
        arrived = [(each.lr, each.steps) for each in tried if each.ended == "arrived"]
        if arrived:
            axes.plot(*zip(*arrived, strict=True), "o-", color=COLOURS[name], markersize=4, label=NAMES[name])
    axes.axhline(expected, color="#444444", linestyle=":", linewidth=1.4, label="momentum, by theory")
    _logarithmic(axes, "learning rate", "steps to the minimum")
    figure.legend(loc="outside upper center", ncols=3)
    return figure


def bowls(results: Results) -> Figure:
    """Steps to the bottom of a bowl against its condition number."""
    figure = Figure(figsize=(figures.WIDTH, 3.9))
    axes = figure.add_subplot()
    for kind, colour, style, label in (
        ("descent", COLOURS["sgd"], "o-", "gradient descent"),
        ("momentum", COLOURS["momentum"], "o-", f"momentum, μ = {results.momentum:g}"),
        ("fitted", COLOURS["momentum"], "o:", "momentum, μ chosen for the bowl"),
    ):
        arrived = [(bowl.condition, steps) for bowl in results.bowls if (steps := getattr(bowl, kind)) is not None]
        if arrived:
            axes.plot(*zip(*arrived, strict=True), style, color=colour, markersize=4, label=label)
    _logarithmic(axes, "condition number: steep curvature / flat curvature", "steps to the bottom")
    figure.legend(loc="outside upper left", ncols=1)
    return figure


def _logarithmic(axes: Axes, x: str, y: str) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PLAIN)


def convergence(results: Results, arrays: dict[str, Array]) -> Figure:
    """L - L* by step: the first steps, and all of them."""
    figure = Figure(figsize=(figures.WIDTH, 3.9))
    walks = results.functions["line"].best
    early, whole = figure.subplots(1, 2, sharey=True)
    for axes, last in ((early, EARLY), (whole, None)):
        for walk in walks:
            gap = heights(walk.name, results, arrays)[: None if last is None else last + 1]
            axes.plot(gap, color=COLOURS[walk.name], linewidth=1.7)
        axes.set_yscale("log")
        axes.set_xlim(0, last)
        axes.set_xlabel("step")
    early.set_title(f"the first {EARLY} steps")
    whole.set_title("all steps")
    early.set_ylabel("L − L*")
    for walk in walks:
        early.plot([], [], color=COLOURS[walk.name], label=NAMES[walk.name])
    figure.legend(loc="outside upper center", ncols=3)
    return figure


def first_steps(start: float, arrays: dict[str, Array], steps: int) -> Figure:
    shown = ("sgd", "momentum", "nesterov")
    figure = Figure(figsize=(figures.WIDTH, 2.9))
    edge = max(1.2, abs(start) * 1.15)
    for axes, name in zip(figure.subplots(1, len(shown), sharey=True).flat, shown, strict=True):
        _function(axes, -edge, edge)
        _walk(axes, arrays[f"line.{name}.path"][:, 0], arrays[f"line.{name}.value"], COLOURS[name], steps)
        axes.set_title(NAMES[name])
    figure.axes[0].set_ylabel("L(x)")
    return figure


def regimes(walks: Sequence[Walk], arrays: dict[str, Array]) -> Figure:
    """Plain gradient descent at several rates, two panels in a row."""
    rows = -(-len(walks) // 2)
    figure = Figure(figsize=(figures.WIDTH, 2.6 * rows))
    grid = figure.subplots(rows, 2, squeeze=False).flat
    for i, (axes, walk) in enumerate(zip(grid, walks, strict=False)):
        x, values = arrays[f"regime.{walk.name}.x"], arrays[f"regime.{walk.name}.value"]
        steps = 3 if walk.ended == "diverged" else 30
        reach = float(np.abs(x[: steps + 1]).max()) * 1.15
        _function(axes, -max(reach, 1.2), max(min(reach, STEEP), 1.2))
        _walk(axes, x, values, figures.PALETTE[i % len(figures.PALETTE)], steps)
        axes.set_title(f"{walk.name}: {walk.lr:g}")
    for axes in grid[len(walks) :]:
        axes.set_axis_off()
    for row in range(rows):
        figure.axes[2 * row].set_ylabel("L(x)")
    return figure


def _function(axes: Axes, low: float, high: float) -> None:
    x = np.linspace(low, high, 400)
    axes.plot(x, [LECTURE.value(np.array([each])) for each in x], color="#666666", linewidth=1.4)
    axes.plot(0, -4, "*", color=figures.PALETTE[4], markersize=12, zorder=4)
    axes.set_xlabel("x")


def _walk(axes: Axes, x: Array, values: Array, colour: str, steps: int) -> None:
    axes.plot(x[: steps + 1], values[: steps + 1], "o-", color=colour, markersize=3.5, linewidth=1, alpha=0.9, zorder=3)


def paths(name: str, function: Function, walks: Sequence[Walk], arrays: dict[str, Array]) -> Figure:
    """Every method's path over the contours of a function of two variables."""
    starts = np.array([arrays[f"{name}.{walk.name}.path"][0] for walk in walks])
    bowl = name == "quadratic"
    low, high = (np.array([-10, -3.5]), np.array([4, 3.5])) if bowl else (np.array([-1.9, -1.1]), np.array([1.9, 2.1]))
    low, high = np.minimum(low, starts.min(0) - 0.3), np.maximum(high, starts.max(0) + 0.3)
    x, y, height = _heights(function.value, low, high)
    levels = np.geomspace(0.05, height.max(), 14)
    figure = Figure(figsize=(figures.WIDTH, 6.6))
    grid = figure.subplots(3, 2, sharex=True, sharey=True).flat
    for axes, walk in zip(grid, walks, strict=False):
        axes.contour(x, y, height, levels=levels, colors="#999999", linewidths=0.6)
        path = arrays[f"{name}.{walk.name}.path"]
        axes.plot(*path.T, "o-", color=COLOURS[walk.name], markersize=2.2, linewidth=1)
        axes.plot(*(np.zeros(2) if bowl else np.ones(2)), "*", color=figures.PALETTE[4], markersize=11, zorder=4)
        axes.set_xlim(low[0], high[0])
        axes.set_ylim(low[1], high[1])
        axes.grid(visible=False)
        axes.set_title(f"{NAMES[walk.name]}: {walk.steps:,}")
    return figure


def _heights(value: Callable[[Array], float], low: Array, high: Array) -> tuple[Array, Array, Array]:
    """A grid of 90 x 90 points and the function's value at each."""
    x, y = np.meshgrid(np.linspace(low[0], high[0], 90), np.linspace(low[1], high[1], 90))
    return x, y, np.array([value(point) for point in np.column_stack([x.ravel(), y.ravel()])]).reshape(x.shape)
