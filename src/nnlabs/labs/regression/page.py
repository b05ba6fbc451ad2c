"""The page of `regression`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from nnlabs.labs.common import curves
from nnlabs.labs.regression.results import Learned, Results
from nnlabs.labs.regression.settings import Curve, Settings
from nnlabs.reporting import figures, tables
from nnlabs.reporting.answers import Answer
from nnlabs.scratch.arrays import Array


@dataclass(frozen=True)
class View:
    points: str
    """Of the sigmoid, repeats included."""
    layers: int
    """Of the cosine's network."""
    sigmoid: str
    """Table of the errors at the snapshots."""
    cosine: str
    place: str
    """Where the sigmoid's worst seed ends, seen from the noise."""


def answer(results: Results) -> Answer:
    return Answer((_answer(results),), "sigmoid.svg")


def _answer(results: Results) -> str:
    sigmoid, cosine = results.curves["sigmoid"], results.curves["cosine"]
    return (
        f"The sigmoid by hand ends {sigmoid.mean_error:.4f} from the true function (root mean square, mean of "
        f"{len(sigmoid.errors)} seeds), {_place(sigmoid.mean_error, sigmoid.noise)} the noise of {sigmoid.noise:g}; "
        f"the cosine in PyTorch {cosine.mean_error:.4f}."
    )


def metrics(results: Results) -> dict[str, float]:
    return {f"{name}_error": learned.mean_error for name, learned in results.curves.items()}


def curve(results: Results, arrays: dict[str, Array]) -> curves.Rows:
    """log10 of the first seed's loss by iteration, a line a network."""
    return [
        row
        for name in results.curves
        for row in curves.line(arrays[f"{name}.iterations"], np.log10(arrays[f"{name}.losses"]), name)
    ]


def _place(error: float, noise: float) -> str:
    return "below" if error < noise else "not below"


def page(results: Results, arrays: dict[str, Array], settings: Settings, folder: Path) -> View:
    tabled = {}
    for name, chosen in (("sigmoid", settings.sigmoid), ("cosine", settings.cosine)):
        figures.save(_snapshots(name, chosen, arrays), folder / f"{name}.svg")
        figures.save(_losses(name, chosen.noise, arrays), folder / f"{name}-loss.svg")
        tabled[name] = tables.markdown(_rows(results.curves[name], chosen))
    sigmoid = settings.sigmoid
    return View(
        points=f"{sigmoid.points * sigmoid.repeats:,}",
        layers=len(settings.cosine.hidden) + 1,
        **tabled,
        place=_place(results.curves["sigmoid"].worst_error, sigmoid.noise),
    )


def _rows(learned: Learned, settings: Curve) -> list[dict[str, Any]]:
    errors = np.array(learned.errors)  # seeds x snapshots
    return [
        {"iterations": f"{iteration:,}", "mean": f"{errors[:, i].mean():.4f}"}
        | {f"seed {seed}": f"{errors[j, i]:.4f}" for j, seed in enumerate(settings.seeds)}
        for i, iteration in enumerate(settings.snapshots)
    ]


def _snapshots(name: str, curve: Curve, arrays: dict[str, Array]) -> Figure:
    """The points, the true function dashed, the curve after each number of iterations; below, what it misses."""
    figure = Figure(figsize=(figures.WIDTH, 5.2))
    axes, missed = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    noisy = curve.noise > 0
    axes.plot(
        arrays[f"{name}.seen"],
        arrays[f"{name}.y"],
        ".",
        color="#b5b5b5",
        markersize=3,
        label="noisy points" if noisy else "points",
    )
    for i, iteration in enumerate(curve.snapshots):
        style: dict[str, Any] = {"color": figures.PALETTE[i % len(figures.PALETTE)], "linewidth": 1.4}
        axes.plot(arrays[f"{name}.x"], arrays[f"{name}.curves"][i], label=f"{iteration:,} iterations", **style)
        missed.plot(arrays[f"{name}.x"], arrays[f"{name}.curves"][i] - arrays[f"{name}.truth"], **style)
    axes.plot(arrays[f"{name}.x"], arrays[f"{name}.truth"], "--", color="#222222", linewidth=1.4, label="true function")
    missed.axhline(0, color="#222222", linestyle="--", linewidth=1.2)
    missed.set_title("curve − true function")
    missed.set_xlabel("x")
    figure.legend(loc="outside right upper", fontsize=8.5)
    return figure


def _losses(name: str, noise: float, arrays: dict[str, Array]) -> Figure:
    figure = Figure(figsize=(figures.WIDTH, 2.5))
    axes = figure.add_subplot()
    axes.plot(arrays[f"{name}.iterations"], arrays[f"{name}.losses"], color=figures.PALETTE[0], linewidth=1.5)
    if noise:
        axes.axhline(noise**2, color="#444444", linestyle=":", linewidth=1.2)
        axes.annotate(
            "variance of the noise",
            (0.99, noise**2),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="bottom",
            xytext=(0, 3),
            textcoords="offset points",
            fontsize=8.5,
        )
    axes.set_yscale("log")
    axes.set_xlabel("iteration")
    axes.set_ylabel("squared error")
    return figure
