"""The page of `descent`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnlabs.labs.common import curves
from nnlabs.labs.descent.results import Plane, PlaneWalk, Results, Walk
from nnlabs.labs.descent.settings import Settings
from nnlabs.reporting import figures, tables
from nnlabs.reporting.answers import Answer
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.descent import LECTURE, ROSENBROCK, Function, quadratic

NAMES = {
    "sgd": "gradient descent",
    "momentum": "momentum",
    "nesterov": "Nesterov",
    "adam": "Adam",
    "adamax": "AdaMax",
    "newton": "Newton",
    "adamw": "AdamW",
}
ENDED = {"converged": "converged", "limit": "step limit", "diverged": "diverged"}
PLANES = {"quadratic": "A long bowl", "rosenbrock": "Rosenbrock's valley"}
STEEP = 8.0
"""Right of it e^x would dwarf the rest of a figure."""
FLOOR = 1e-16
"""Below it, float64 cannot tell L from its minimum."""


@dataclass(frozen=True)
class PlaneView:
    key: str
    title: str
    formula: str
    walks: str


@dataclass(frozen=True)
class View:
    """Tables, and numbers as the page writes them."""

    tolerance: str
    walks: str
    regimes: str
    planes: tuple[PlaneView, ...]
    optimizers: str
    curvature: str
    largest_rate: str
    """With which gradient descent converges near the minimum."""
    fastest_rate: str


def answer(results: Results) -> Answer:
    return Answer((_answer(results),), "convergence.svg")


def _answer(results: Results) -> str:
    arrived = [walk for walk in results.walks if walk.ended == "converged"]
    worst = _largest_error(results)
    said = (
        f"{len(arrived)} of {len(results.walks)} methods reach the minimum at x = 0, L = −4, to {worst:.0e}: "
        + ", ".join(
            f"{NAMES[walk.name]} in {walk.steps:,} steps" for walk in sorted(arrived, key=lambda walk: walk.steps)
        )
    )
    lost = [NAMES[walk.name] for walk in results.walks if walk.ended != "converged"]
    return said + (f"; not: {', '.join(lost)}." if lost else ".")


def metrics(results: Results) -> dict[str, float]:
    """How far those that arrived are from the minimum, and the steps of each method that has a rate to choose."""
    steps = {f"steps_{walk.name}": float(walk.steps) for walk in results.walks if walk.lr is not None}
    return {"largest_error_of_x": _largest_error(results)} | steps


def curve(results: Results, arrays: dict[str, Array]) -> curves.Rows:
    """log10 of L - L* by step, a line a method."""
    rows: curves.Rows = []
    for walk in results.walks:
        gap = np.log10(_gap(walk, results, arrays))
        rows += curves.line(np.arange(len(gap)), gap, NAMES[walk.name])
    return rows


def _largest_error(results: Results) -> float:
    return max((abs(walk.error_x) for walk in results.walks if walk.ended == "converged"), default=0.0)


def _gap(walk: Walk, results: Results, arrays: dict[str, Array]) -> Array:
    """L - L* at every step."""
    return np.maximum(arrays[f"walk.{walk.name}.value"] - results.minimum.value, FLOOR)


def page(results: Results, arrays: dict[str, Array], settings: Settings, folder: Path) -> View:
    figures.save(_steps_figure(settings.start, arrays), folder / "steps.svg")
    figures.save(_convergence(results, arrays), folder / "convergence.svg")
    figures.save(_regimes(results, arrays), folder / "regimes.svg")
    for name, function in (("quadratic", quadratic(settings.condition)), ("rosenbrock", ROSENBROCK)):
        figures.save(_paths(name, function, results.planes[name].walks, arrays), folder / f"{name}.svg")
    return View(
        tolerance=tables.power(settings.tolerance),
        walks=tables.markdown([_row(walk, NAMES[walk.name], "method") for walk in results.walks]),
        regimes=tables.markdown([_row(walk, walk.name, "learning rate is") for walk in results.regimes]),
        planes=tuple(_plane(name, plane) for name, plane in results.planes.items()),
        optimizers=tables.markdown(
            [
                {
                    "optimizer": NAMES[each.name],
                    "settings": ", ".join(f"{key} {tables.value(value)}" for key, value in each.settings.items()),
                    "largest difference": f"{each.error:.1e}",
                }
                for each in results.optimizers
            ]
        ),
        curvature=f"{results.curvature:g}",
        largest_rate=f"{2 / results.curvature:.3f}",
        fastest_rate=f"{1 / results.curvature:.3f}",
    )


def _row(walk: Walk, name: str, title: str) -> dict[str, Any]:
    diverged = walk.ended == "diverged"
    return {
        title: name,
        "rate": "–" if walk.lr is None else f"{walk.lr:g}",
        "x": f"{walk.x:.3g}" if diverged else f"{walk.x:.8f}",
        "L": f"{walk.value:.3g}" if diverged else f"{walk.value:.8f}",
        "error of x": "–" if diverged else f"{walk.error_x:.1e}",
        "error of L": "–" if diverged else f"{walk.error_value:.1e}",
        "steps": f"{walk.steps:,}",
        "ended": ENDED[walk.ended],
    }


def _plane(name: str, plane: Plane) -> PlaneView:
    rows = [
        {
            "method": NAMES[walk.name],
            "rate": "–" if walk.lr is None else f"{walk.lr:g}",
            "(x, y)": f"({', '.join(f'{each:.5f}' for each in walk.x)})",
            "L": f"{walk.value:.1e}",
            "steps": f"{walk.steps:,}",
            "ended": ENDED[walk.ended],
        }
        for walk in plane.walks
    ]
    return PlaneView(name, PLANES[name], plane.formula, tables.markdown(rows))


def _function(axes: Axes, low: float, high: float) -> None:
    x = np.linspace(low, high, 400)
    axes.plot(x, [LECTURE.value(np.array([each])) for each in x], color="#444444", linewidth=1.4)
    axes.plot(0, -4, "*", color=figures.PALETTE[1], markersize=11, zorder=4)
    axes.set_xlabel("x")


def _walk(axes: Axes, x: Array, values: Array, colour: str, steps: int) -> None:
    axes.plot(x[: steps + 1], values[: steps + 1], "o-", color=colour, markersize=3.5, linewidth=1, alpha=0.9, zorder=3)


def _steps_figure(start: float, arrays: dict[str, Array]) -> Figure:
    shown = [name for name in ("sgd", "momentum", "nesterov") if f"walk.{name}.x" in arrays]
    figure = Figure(figsize=(figures.WIDTH, 3.1))
    edge = max(1.2, abs(start) * 1.15)
    for i, (axes, name) in enumerate(
        zip(figure.subplots(1, len(shown), sharey=True, squeeze=False).flat, shown, strict=True)
    ):
        _function(axes, -edge, edge)
        _walk(axes, arrays[f"walk.{name}.x"], arrays[f"walk.{name}.value"], figures.PALETTE[i], 12)
        axes.set_title(f"{NAMES[name]}, first 12 steps")
    figure.axes[0].set_ylabel("L(x)")
    return figure


def _convergence(results: Results, arrays: dict[str, Array]) -> Figure:
    figure = Figure(figsize=(figures.WIDTH, 3.4))
    axes = figure.add_subplot()
    for i, walk in enumerate(results.walks):
        axes.plot(_gap(walk, results, arrays), color=figures.PALETTE[i], linewidth=1.7, label=NAMES[walk.name])
    axes.set_yscale("log")
    axes.set_xscale("symlog", linthresh=10)
    axes.set_xlim(left=0)
    axes.set_xlabel("step (logarithmic from 10 on)")
    axes.set_ylabel("L − L*")
    figure.legend(loc="outside right upper", fontsize=8.5)
    return figure


def _regimes(results: Results, arrays: dict[str, Array]) -> Figure:
    walks = results.regimes
    figure = Figure(figsize=(figures.WIDTH, 2.9))
    for i, (axes, walk) in enumerate(zip(figure.subplots(1, len(walks), squeeze=False).flat, walks, strict=True)):
        x, values = arrays[f"regime.{walk.name}.x"], arrays[f"regime.{walk.name}.value"]
        steps = 3 if walk.ended == "diverged" else 30
        reach = float(np.abs(x[: steps + 1]).max()) * 1.15
        _function(axes, -max(reach, 1.2), max(min(reach, STEEP), 1.2))
        _walk(axes, x, values, figures.PALETTE[i], steps)
        axes.set_title(f"{walk.name}: {walk.lr:g}")
    figure.axes[0].set_ylabel("L(x)")
    return figure


def _paths(name: str, function: Function, walks: Sequence[PlaneWalk], arrays: dict[str, Array]) -> Figure:
    every = np.concatenate([arrays[f"{name}.{walk.name}"][:1] for walk in walks])
    bowl = name == "quadratic"
    low, high = (np.array([-10, -3.5]), np.array([4, 3.5])) if bowl else (np.array([-1.9, -1.1]), np.array([1.9, 2.1]))
    low, high = np.minimum(low, every.min(0) - 0.3), np.maximum(high, every.max(0) + 0.3)
    x, y = np.meshgrid(np.linspace(low[0], high[0], 90), np.linspace(low[1], high[1], 90))
    height = np.array([function.value(point) for point in np.column_stack([x.ravel(), y.ravel()])]).reshape(x.shape)
    levels = np.geomspace(0.05, height.max(), 14)
    figure = Figure(figsize=(figures.WIDTH, 4.9))
    for i, (axes, walk) in enumerate(
        zip(figure.subplots(2, 3, sharex=True, sharey=True, squeeze=False).flat, walks, strict=False)
    ):
        axes.contour(x, y, height, levels=levels, colors="#b5b5b5", linewidths=0.6)
        path = arrays[f"{name}.{walk.name}"]
        axes.plot(*path.T, "o-", color=figures.PALETTE[i], markersize=2.2, linewidth=1)
        axes.plot(*(np.zeros(2) if bowl else np.ones(2)), "*", color="#222222", markersize=9, zorder=4)
        axes.set_xlim(low[0], high[0])
        axes.set_ylim(low[1], high[1])
        axes.grid(visible=False)
        axes.set_title(f"{NAMES[walk.name]}: {walk.steps:,} steps")
    return figure
