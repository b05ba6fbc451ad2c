"""The drawing of a small network: what goes forward, and what comes back."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from nnlabs.labs.backprop.results import indexed
from nnlabs.labs.backprop.settings import Worked
from nnlabs.reporting import figures

FORWARD, BACKWARD = figures.PALETTE[0], figures.PALETTE[1]
INPUT, BOX = 0.84, 1.12
"""Inches that an input and a neuron are wide."""
LINE = 0.19
"""Inches from line to line."""
DISTANCE = 1.6
"""Inches from neuron to neuron in a layer."""
SHORT, LONG, ALONE = 0.25, 0.36, 0.45
"""Where between two boxes an edge's label stands: near the source where edges cross, a short one nearer."""

Line = tuple[str, str]
"""Text and colour."""


def network(worked: Worked, values: Mapping[str, float]) -> Figure:
    """Neurons with their values and, where there is a target, gradients; edges with weights."""
    sizes = [len(worked.x), *(len(bias) for bias in worked.biases)]
    backward = worked.y is not None
    below = 0.4 if backward else 0.0
    width, height = figures.WIDTH, (max(sizes) - 1) * DISTANCE + 0.85 + below
    figure = Figure(figsize=(width, height))
    figure.set_layout_engine("none")  # places are inches
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.set_axis_off()
    middle = (height + below) / 2
    places = [
        [(x, middle + DISTANCE * ((size - 1) / 2 - i)) for i in range(size)]
        for x, size in zip(_columns(sizes), sizes, strict=True)
    ]
    for layer, weight in enumerate(worked.weights, 1):
        where = ALONE if len(weight) == 1 else LONG if backward else SHORT
        for i, row in enumerate(weight):
            for j, value in enumerate(row):
                label = [(f"{_short(value)}", FORWARD)]
                if backward:
                    label.append((_short(_value(values, f"dW{layer}", (i, j)), 2), BACKWARD))
                start, end = places[layer - 1][j], places[layer][i]
                left = start[0] + (INPUT if layer == 1 else BOX) / 2
                _edge(axes, (left, start[1]), (end[0] - BOX / 2, end[1]), label, where)
    for layer, column in enumerate(places):
        for i, at in enumerate(column):
            _neuron(axes, at, _told(worked, values, layer, i), BOX if layer else INPUT)
    if backward:
        axes.text(
            width - 0.02,
            0.12,
            f"y = {_short(worked.y or 0.0)},  L = {_short(values['L'])}",
            ha="right",
            color="#222222",
        )
        axes.text(0.02, 0.12, "forward", color=FORWARD)
        axes.text(0.75, 0.12, "backward", color=BACKWARD)
    return figure


def _columns(sizes: Sequence[int]) -> list[float]:
    """Where each layer's middle stands; more room where edges cross."""
    room = [1.4 if size > 1 else 1.0 for size in sizes[1:]]
    free = figures.WIDTH - 0.04 - INPUT - BOX * len(room)
    columns, right = [0.02 + INPUT / 2], 0.02 + INPUT
    for share in room:
        right += free * share / sum(room) + BOX
        columns.append(right - BOX / 2)
    return columns


def _told(worked: Worked, values: Mapping[str, float], layer: int, i: int) -> list[Line]:
    """What stands in a neuron."""
    if layer == 0:
        return [(f"x{_below(i + 1)} = {_short(worked.x[i])}", FORWARD)]
    last = layer == len(worked.weights)
    lines = [
        (f"{name} = {_short(_value(values, f'{key}{layer}', (i,)))}", FORWARD)
        for name, key in (("z", "z"), ("ŷ" if last else "a", "a"))
    ]
    if worked.y is not None:
        lines.append((f"δ = {_short(_value(values, f'delta{layer}', (i,)))}", BACKWARD))
    return lines


def _neuron(axes: Axes, at: tuple[float, float], lines: list[Line], width: float) -> None:
    height = LINE * len(lines) + 0.12
    corner = (at[0] - width / 2, at[1] - height / 2)
    shape = "round,pad=0,rounding_size=0.08"
    axes.add_patch(FancyBboxPatch(corner, width, height, shape, facecolor="none", edgecolor="#666666", linewidth=1.2))
    _stack(axes, at, lines)


def _edge(axes: Axes, start: tuple[float, float], end: tuple[float, float], lines: list[Line], where: float) -> None:
    """A line from box to box, left out where its label stands: after this part of it."""
    (x0, y0), (x1, y1) = start, end
    at = (x0 + where * (x1 - x0), y0 + where * (y1 - y0))
    wide = max(len(text) for text, _ in lines) * 0.084
    tall = LINE * len(lines)
    steep = (y1 - y0) / (x1 - x0)
    half = min(wide / 2, tall / 2 / abs(steep)) if steep else wide / 2
    for low, high in ((x0, at[0] - half), (at[0] + half, x1)):
        if high > low:
            axes.plot((low, high), [y0 + steep * (x - x0) for x in (low, high)], color="#666666", linewidth=1)
    _stack(axes, at, lines)


def _stack(axes: Axes, at: tuple[float, float], lines: list[Line]) -> None:
    for i, (text, colour) in enumerate(lines):
        y = at[1] + LINE * ((len(lines) - 1) / 2 - i)
        axes.text(at[0], y, text, ha="center", va="center", color=colour)


def _value(values: Mapping[str, float], name: str, index: tuple[int, ...]) -> float:
    told = indexed(name, index)
    return values[told if told in values else name]


def _short(value: float, digits: int = 3) -> str:
    """A few digits, written out, with a true minus sign."""
    return np.format_float_positional(float(f"{value:.{digits}g}"), trim="-").replace("-", "\N{MINUS SIGN}")


def _below(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
