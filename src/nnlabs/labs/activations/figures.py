"""The figures of `activations`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from nnlabs.labs.activations.results import Killed
from nnlabs.reporting import figures
from nnlabs.scratch.arrays import Array

NAMES = {
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "elu": "ELU",
    "softmax": "softmax",
    "log_softmax": "log-softmax",
}
SHOWN = ("sigmoid", "tanh", "relu", "leaky_relu", "elu")


def functions(arrays: dict[str, Array]) -> Figure:
    """A row a function: on the left the function, on the right its derivative."""
    figure = Figure(figsize=(figures.WIDTH, 6.8))
    grid = figure.subplots(len(SHOWN), 2, sharex=True, sharey="col")
    for i, name in enumerate(SHOWN):
        for axes, what in zip(grid[i], ("value", "derivative"), strict=True):
            axes.axhline(0, color="#666666", linewidth=0.8)
            axes.axvline(0, color="#666666", linewidth=0.8)
            axes.plot(arrays["z"], arrays[f"{name}.{what}"], color=figures.PALETTE[i], linewidth=2)
        grid[i, 0].set_ylabel(NAMES[name])
    for axes, title, low, high in ((grid[0, 0], "f(z)", -1.4, 3), (grid[0, 1], "f′(z)", -0.08, 1.12)):
        axes.set_title(title)
        axes.set_ylim(low, high)
    for axes in grid[-1]:
        axes.set_xlabel("z")
    return figure


def alphas(values: Sequence[float], arrays: dict[str, Array]) -> Figure:
    figure = Figure(figsize=(figures.WIDTH, 3.3))
    value, derivative = figure.subplots(1, 2)
    for i, alpha in enumerate(values):
        style: dict[str, Any] = {"color": figures.PALETTE[i % len(figures.PALETTE)], "linewidth": 1.7}
        value.plot(arrays["z"], arrays[f"elu.{alpha:g}"], label=f"α = {alpha:g}", **style)
        derivative.plot(arrays["z"], arrays[f"elu.{alpha:g}.derivative"], **style)
    value.set_title("ELU")
    derivative.set_title("its derivative")
    for axes in (value, derivative):
        axes.set_xlabel("z")
        axes.set_xlim(-5, 2.2)
    value.set_ylim(-2.2, 2.2)
    figure.legend(loc="outside upper center", ncols=3)
    return figure


def dying(killed: Sequence[Killed], units: int) -> Figure:
    """Dead units and accuracy by the learning rate: dots are seeds, the line is their mean."""
    figure = Figure(figsize=(figures.WIDTH, 3.1))
    dead, right = figure.subplots(1, 2)
    rates = [each.lr for each in killed]
    counts = [np.array(each.dead) for each in killed]
    accuracies = [100 * np.array(each.accuracy) for each in killed]
    for axes, values, colour in ((dead, counts, figures.PALETTE[1]), (right, accuracies, figures.PALETTE[0])):
        axes.plot(rates, [np.mean(each) for each in values], color=colour, linewidth=1.7)
        for rate, each in zip(rates, values, strict=True):
            axes.plot([rate] * len(each), each, ".", color=colour, markersize=7)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.set_xlabel("learning rate")
    dead.set_title(f"dead units of {units}")
    dead.set_ylim(-0.03 * units, units * 1.03)
    right.set_title("accuracy, %")
    right.set_ylim(45, 102)
    return figure
