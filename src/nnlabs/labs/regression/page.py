"""The page of `regression`."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from nnlabs.params.exercises import Regression
from nnlabs.reporting import figures, tables
from nnlabs.scratch.arrays import Array

TITLE = "Learning a curve"
QUESTION = "Can a small network learn a function from noisy points?"


def answer(results: dict[str, Any]) -> str:
    sigmoid, cosine = results["curves"]["sigmoid"], results["curves"]["cosine"]
    noise = sigmoid["settings"]["noise"]
    place = "below" if sigmoid["mean_error"] < noise else "not below"
    return (
        f"The sigmoid by hand ends {sigmoid['mean_error']:.4f} from the true function (root mean square, mean of "
        f"{len(sigmoid['errors'])} seeds), {place} the noise of {noise:g}; "
        f"the cosine in PyTorch {cosine['mean_error']:.4f}."
    )


def page(results: dict[str, Any], arrays: dict[str, Array], settings: Regression, folder: Path) -> dict[str, Any]:
    for name in results["curves"]:
        figures.save(_snapshots(name, results, arrays), folder / f"{name}.svg")
        figures.save(_losses(name, results, arrays), folder / f"{name}-loss.svg")
    return {
        "errors": {name: tables.markdown(_rows(curve)) for name, curve in results["curves"].items()},
    }


def _rows(curve: dict[str, Any]) -> list[dict[str, Any]]:
    errors = np.array(curve["errors"])  # seeds x snapshots
    return [
        {"iterations": f"{iteration:,}", "mean": f"{errors[:, i].mean():.4f}"}
        | {f"seed {seed}": f"{errors[j, i]:.4f}" for j, seed in enumerate(curve["settings"]["seeds"])}
        for i, iteration in enumerate(curve["settings"]["snapshots"])
    ]


def _snapshots(name: str, results: dict[str, Any], arrays: dict[str, Array]) -> Figure:
    """The points, the true function dashed, the curve after each number of iterations; below, what it misses."""
    curve = results["curves"][name]["settings"]
    figure = Figure(figsize=(figures.WIDTH, 5.2))
    axes, missed = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    noisy = curve["noise"] > 0
    axes.plot(
        arrays[f"{name}.seen"],
        arrays[f"{name}.y"],
        ".",
        color="#b5b5b5",
        markersize=3,
        label="noisy points" if noisy else "points",
    )
    for i, iteration in enumerate(curve["snapshots"]):
        style: dict[str, Any] = {"color": figures.PALETTE[i % len(figures.PALETTE)], "linewidth": 1.4}
        axes.plot(arrays[f"{name}.x"], arrays[f"{name}.curves"][i], label=f"{iteration:,} iterations", **style)
        missed.plot(arrays[f"{name}.x"], arrays[f"{name}.curves"][i] - arrays[f"{name}.truth"], **style)
    axes.plot(arrays[f"{name}.x"], arrays[f"{name}.truth"], "--", color="#222222", linewidth=1.4, label="true function")
    missed.axhline(0, color="#222222", linestyle="--", linewidth=1.2)
    missed.set_title("curve − true function")
    missed.set_xlabel("x")
    figure.legend(loc="outside right upper", fontsize=8.5)
    return figure


def _losses(name: str, results: dict[str, Any], arrays: dict[str, Array]) -> Figure:
    figure = Figure(figsize=(figures.WIDTH, 2.5))
    axes = figure.add_subplot()
    axes.plot(arrays[f"{name}.iterations"], arrays[f"{name}.losses"], color=figures.PALETTE[0], linewidth=1.5)
    noise = results["curves"][name]["settings"]["noise"]
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
