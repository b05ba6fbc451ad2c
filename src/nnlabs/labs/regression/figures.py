"""The figures of `regression`."""

from typing import Any

from matplotlib.figure import Figure

from nnlabs.labs.regression.results import Learned
from nnlabs.labs.regression.settings import Curve
from nnlabs.reporting import figures
from nnlabs.scratch.arrays import Array


def snapshots(name: str, curve: Curve, arrays: dict[str, Array]) -> Figure:
    """The points, the true function dashed, the curve after each number of iterations; below, what it misses."""
    figure = Figure(figsize=(figures.WIDTH, 5.6))
    axes, missed = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    points = "noisy points" if curve.noise > 0 else "points"
    axes.plot(arrays[f"{name}.seen"], arrays[f"{name}.y"], ".", color="#999999", markersize=3, label=points)
    for i, iteration in enumerate(curve.snapshots):
        style: dict[str, Any] = {"color": figures.PALETTE[i % len(figures.PALETTE)], "linewidth": 1.4}
        axes.plot(arrays[f"{name}.x"], arrays[f"{name}.curves"][i], label=f"{iteration:,}", **style)
        missed.plot(arrays[f"{name}.x"], arrays[f"{name}.curves"][i] - arrays[f"{name}.truth"], **style)
    axes.plot(arrays[f"{name}.x"], arrays[f"{name}.truth"], "--", color="#222222", linewidth=1.4, label="true function")
    missed.axhline(0, color="#222222", linestyle="--", linewidth=1.2)
    axes.set_title("the curve after so many iterations")
    missed.set_title("curve − true function")
    missed.set_xlabel("x")
    figure.legend(loc="outside upper center", ncols=3)
    return figure


def losses(name: str, learned: Learned, arrays: dict[str, Array]) -> Figure:
    """The squared error of the first seed, with what the noise makes of it."""
    figure = Figure(figsize=(figures.WIDTH, 3.3))
    axes = figure.add_subplot()
    colour, (x, y) = figures.PALETTE[0], (arrays[f"{name}.iterations"], arrays[f"{name}.losses"])
    axes.plot(x, y, color=colour, linewidth=1.6, label="network")
    for value, style, label in (
        (learned.variances[0], "--", "true function"),
        (learned.floors[0], ":", "mean of the points at each x"),
    ):
        if value > 0:
            axes.axhline(value, color="#444444", linestyle=style, linewidth=1.4, label=label)
    axes.set_yscale("log")
    if learned.floors[0] > 0:  # the first steps would hide the last
        axes.set_ylim(0.85 * min(learned.floors[0], float(y.min())), max(4 * learned.variances[0], 2 * float(y.min())))
    axes.set_xlabel("iteration")
    axes.set_ylabel("squared error")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def spikes(arrays: dict[str, Array]) -> Figure:
    """Loss, gradient and step of every iteration."""
    figure = Figure(figsize=(figures.WIDTH, 5.6))
    loss, gradient, step = figure.subplots(3, 1, sharex=True)
    loss.plot(arrays["cosine.every.losses"], color=figures.PALETTE[0], linewidth=1, label="constant rate")
    loss.plot(arrays["cosine.falling"], color=figures.PALETTE[1], linewidth=1.2, label="rate falling to 0")
    gradient.plot(arrays["cosine.every.gradients"], color=figures.PALETTE[0], linewidth=1)
    step.plot(arrays["cosine.every.steps"], color=figures.PALETTE[0], linewidth=1)
    for axes, title in ((loss, "squared error"), (gradient, "length of the gradient"), (step, "length of Adam's step")):
        axes.set_yscale("log")
        axes.set_title(title)
    step.set_xlabel("iteration")
    figure.legend(loc="outside upper center", ncols=2)
    return figure
