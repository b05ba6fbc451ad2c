"""Figures of the page about the CNN by hand."""

from math import ceil
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlabs.core.record import Arrays
from nnlabs.labs.byhand.results import ALLOWED, Run
from nnlabs.reporting.figures import DASHES, PALETTE, WIDTH

ROUNDING = 2.0**-24
"""By which part a number may move when it is rounded to float32."""
EXACT = 1e-9
"""Where a difference of 0 is drawn on a logarithmic axis."""
NAMES = {"numpy": "NumPy", "torch": "PyTorch"}
STYLES: dict[str, dict[str, Any]] = {
    "numpy": {"color": PALETTE[5], "linewidth": 3.6},
    "torch": {"color": PALETTE[1], "linewidth": 1.3, "linestyle": (0, (4, 2))},
}
"""A wide line below and a narrow dashed one above: where both lie together both are seen."""
SEEDS = (PALETTE[2], PALETTE[3], PALETTE[4], PALETTE[0], PALETTE[7])
"""None of them a program's colour."""


def epochs_apart(run: Run, arrays: Arrays) -> NDArray[Any]:
    """The difference of the mean losses of every epoch, as a part of the loss."""
    numpy, torch = (arrays[f"{program}.{run.seed}.losses"] for program in NAMES)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart: NDArray[Any] = np.abs(numpy - torch) / np.abs(torch)
    return apart


def training_losses(runs: list[Run], arrays: Arrays) -> Figure:
    """Mean loss of every epoch, a panel a seed."""
    columns = min(2, len(runs))
    rows = ceil(len(runs) / columns)
    figure = Figure(figsize=(WIDTH, 0.5 + 1.9 * rows))
    grid = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    for axes, run in zip(grid, runs, strict=False):
        for program, style in STYLES.items():
            losses = arrays[f"{program}.{run.seed}.losses"]
            axes.plot(np.arange(1, len(losses) + 1), np.where(losses > 0, losses, np.nan), **style)
        axes.set_yscale("log")
        axes.set_title(f"seed {run.seed}")
    for axes in grid[max(0, len(runs) - columns) : len(runs)]:
        axes.set_xlabel("epoch")
        axes.tick_params(labelbottom=True)
    for axes in grid[len(runs) :]:
        axes.remove()
    for axes in grid[: len(runs) : columns]:
        axes.set_ylabel("training loss")
    entries = [mpl.lines.Line2D([], [], label=NAMES[program], **style) for program, style in STYLES.items()]
    figure.legend(handles=entries, loc="outside upper center", ncols=2)
    return figure


def how_far_apart(runs: list[Run], arrays: Arrays) -> Figure:
    """How far apart the losses are: of the first steps, and of all epochs."""
    figure = Figure(figsize=(WIDTH, 3.9))
    steps, epochs = figure.subplots(1, 2, sharey=True)
    styles: dict[int, dict[str, Any]] = {
        run.seed: {"color": SEEDS[i % len(SEEDS)], "linestyle": DASHES[i // len(SEEDS) % 3]}
        for i, run in enumerate(runs)
    }
    for i, run in enumerate(runs):
        style = styles[run.seed]
        aside = 0.5 * (i / len(runs) - 0.5 + 0.5 / len(runs))  # so that equal values lie side by side
        for axes, values, line in (
            (steps, np.array(run.apart, float), ""),
            (epochs, epochs_apart(run, arrays), style["linestyle"]),
        ):
            x = np.arange(1, len(values) + 1) + aside * (axes is steps)
            some = values > 0
            axes.plot(
                x[some],
                values[some],
                marker="o" if axes is steps or len(values) < 20 else "",
                markersize=4,
                linewidth=1.2,
                color=style["color"],
                linestyle=line or "none",
            )
            axes.plot(
                x[values == 0], np.full((values == 0).sum(), EXACT), "o", color=style["color"], markersize=4, mfc="none"
            )
    for axes, name in ((steps, "step"), (epochs, "epoch")):
        axes.set_yscale("log")
        axes.axhline(ROUNDING, color="#666666", linewidth=1, linestyle=":")
        axes.set_xlabel(name)
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(5, integer=True))
    steps.axhline(ALLOWED, color="#222222", linewidth=1, linestyle="--")
    steps.text(
        0.98, ALLOWED, "allowed", transform=steps.get_yaxis_transform(), ha="right", va="bottom", color="#444444"
    )
    where = {"transform": epochs.get_yaxis_transform(), "ha": "right", "va": "top", "color": "#444444"}
    epochs.text(0.98, ROUNDING, "rounding", **where)
    steps.set_ylabel("relative difference of the loss")
    steps.set_title(f"the first {max(len(run.apart) for run in runs)} steps")
    epochs.set_title("every epoch")
    entries = [
        mpl.lines.Line2D([], [], marker="o", markersize=4, label=f"seed {seed}", **style)
        for seed, style in styles.items()
    ]
    entries.append(
        mpl.lines.Line2D([], [], marker="o", linestyle="", mfc="none", color="#444444", label="no difference")
    )
    figure.legend(handles=entries, loc="outside upper center", ncols=3)
    return figure
