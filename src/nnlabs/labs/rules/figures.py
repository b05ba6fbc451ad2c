"""Figures of the page about rules of thumb."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnlabs.labs.rules.results import FAILS, HOLDS, OPEN, PARTLY, Claim, Measured
from nnlabs.reporting.figures import DASHES, PALETTE, WIDTH

ACTIVATIONS = {"relu": "ReLU", "leaky_relu": "leaky ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}
VERDICTS = {HOLDS: (PALETTE[0], "o"), PARTLY: (PALETTE[2], "s"), FAILS: (PALETTE[1], "X"), OPEN: (PALETTE[7], "D")}
"""Colour and mark, so that they are told apart without colour, too."""
RULES = {"root": "√(in · out)", "two-thirds": "⅔ (in + out)"}


def verdicts(claims: Sequence[Claim], names: dict[str, str]) -> Figure:
    """A row a rule: its name, a mark and the verdict."""
    figure = Figure(figsize=(WIDTH, 0.5 + 0.29 * len(claims)))
    axes = figure.add_subplot()
    for i, claim in enumerate(claims):
        colour, marker = VERDICTS[claim.verdict]
        axes.plot(0, i, marker, color=colour, markersize=9)
        axes.text(0.06, i, claim.verdict, va="center", color="#222222")
    axes.set_yticks(range(len(claims)), [names[each.key] for each in claims])
    axes.set_ylim(len(claims) - 0.4, -0.6)
    axes.set_xlim(-0.06, 0.6)
    axes.xaxis.set_visible(False)
    axes.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure


def by_rate(measured: Measured) -> Figure:
    """Dead units, and right answers on validation, against the rate; the line is the mean, dots are seeds."""
    figure = Figure(figsize=(WIDTH, 3.3))
    dead, right = figure.subplots(1, 2)
    for i, name in enumerate(ACTIVATIONS):
        runs = [measured.of(name, rate) for rate in measured.rates]
        if name in ("relu", "leaky_relu"):
            _line(dead, measured.rates, [run.dead for run in runs], i)
        _line(right, measured.rates, [run.accuracy for run in runs], i)
    dead.set_title("dead units, %")
    right.set_title("right, %")
    for axes in (dead, right):
        axes.set_xscale("log")
        axes.set_xlabel("Adam's rate")
        axes.set_ylim(-4, 104)
    _legend(figure, list(ACTIVATIONS.values()))
    return figure


def by_width(measured: Measured) -> Figure:
    """Right answers against the size of the hidden layer; the two rules' sizes are marked."""
    figure = Figure(figsize=(WIDTH, 3.4))
    axes = figure.add_subplot()
    units = [each.units for each in measured.widths]
    _line(axes, units, [each.train for each in measured.widths], 1)
    _line(axes, units, [each.validation for each in measured.widths], 0)
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(mpl.ticker.NullLocator())
    axes.set_xticks(units, [f"{each:,}" for each in units])
    axes.set_xlabel("hidden units")
    axes.set_ylabel("right, %")
    low, high = axes.get_ylim()
    for rule, size in measured.rules.items():
        axes.axvline(size, color="#666666", linewidth=1, linestyle=":")
        axes.text(size, low + 0.03 * (high - low), f"{RULES[rule]} ", ha="right", va="bottom", color="#444444")
    axes.set_ylim(low, high)
    entries = [_entry(i, label) for i, label in ((1, "training"), (0, "validation"))]
    figure.legend(handles=entries, loc="outside upper center", ncols=2)
    return figure


def _line(axes: Axes, x: Sequence[float], values: Sequence[Sequence[float]], i: int) -> None:
    """In percent: the mean over seeds, and every seed a dot."""
    table = 100 * np.array(values)
    axes.plot(np.repeat(x, table.shape[1]), table.ravel(), "o", color=PALETTE[i], markersize=3, alpha=0.35)
    axes.plot(x, table.mean(1), **_style(i))


def _style(i: int) -> dict[str, Any]:
    return {"color": PALETTE[i], "linestyle": DASHES[i % 3], "marker": "o", "markersize": 4, "linewidth": 1.8}


def _entry(i: int, label: str) -> mpl.lines.Line2D:
    return mpl.lines.Line2D([], [], label=label, **_style(i))


def _legend(figure: Figure, names: Sequence[str]) -> None:
    entries = [_entry(i, name) for i, name in enumerate(names)]
    figure.legend(handles=entries, loc="outside upper center", ncols=len(entries), columnspacing=1.2)
