"""The page of `activations`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from nnlabs.labs.activations.results import Results, Row
from nnlabs.labs.activations.settings import Settings
from nnlabs.labs.common import curves
from nnlabs.labs.common.printed import agrees
from nnlabs.reporting import figures, tables
from nnlabs.reporting.answers import Answer
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
LECTURE_SLOPE, LECTURE_NEURON = 0.01, ((2.0, -1.0), (0.5, -0.3), 0.1)
"""Leaky ReLU's slope, and x, w and b of the neuron, for which the lecture prints its values."""


@dataclass(frozen=True)
class Beside:
    """What was computed, and what the lecture prints of it."""

    results: Results
    printed: list[list[str | None]]
    """As long as the table and its rows."""
    neuron: dict[str, str]
    """Empty where the lecture's neuron is another."""
    misprints: list[str]


@dataclass(frozen=True)
class View:
    """Tables, and numbers as the page writes them."""

    slope: str
    limit: str
    inputs: str
    weights: str
    values: str
    elu: str
    neuron: str
    errors: str
    extremes: str


def judge(results: Results, settings: Settings, reported: list[dict[str, str]], names: dict[str, str]) -> Beside:
    told = {(row["function"], row["quantity"], float(row["z"])): row["printed"] for row in reported if "z" in row}
    if settings.slope != LECTURE_SLOPE:
        told = {key: text for key, text in told.items() if key[0] != "leaky_relu"}
    printed = [[told.get((row.name, row.what, z)) for z in settings.points] for row in results.table]
    same = (settings.inputs, settings.weights, settings.bias) == LECTURE_NEURON
    return Beside(
        results=results,
        printed=printed,
        neuron={row["function"]: row["printed"] for row in reported if same and row["quantity"] == "neuron"},
        misprints=[
            f"{row.name} {row.what} at {z:g}"
            for row, texts in zip(results.table, printed, strict=True)
            for z, value, text in zip(settings.points, row.values, texts, strict=True)
            if text is not None and not agrees(value, text)
        ],
    )


def answer(shown: Beside) -> Answer:
    return Answer((_answer(shown),), "functions.svg")


def _answer(shown: Beside) -> str:
    checked = sum(text is not None for texts in shown.printed for text in texts)
    wrong = ", ".join(shown.misprints)
    printed = f" Misprinted: {wrong}." if wrong else f" All {checked} values that the lecture prints hold."
    return (
        f"The sigmoid's derivative is at most {shown.results.largest_derivative_of_sigmoid:g}, tanh's at most 1, "
        "ReLU's is 0 or 1. "
        f"Functions and derivatives agree with autograd to {_largest_error(shown.results):.0e}."
        f"{printed if checked else ''}"
    )


def metrics(shown: Beside) -> dict[str, float]:
    return {
        "largest_error": _largest_error(shown.results),
        "largest_derivative_of_sigmoid": shown.results.largest_derivative_of_sigmoid,
    }


def curve(shown: Beside, arrays: dict[str, Array]) -> curves.Rows:
    """F' by z, a line a function."""
    every = slice(None, None, 8)
    return [
        row
        for name in SHOWN
        for row in curves.line(arrays["z"][every], arrays[f"{name}.derivative"][every], NAMES[name])
    ]


def _largest_error(results: Results) -> float:
    return max(max(row.value, row.derivative) for row in results.errors)


def page(shown: Beside, arrays: dict[str, Array], settings: Settings, folder: Path) -> View:
    figures.save(_functions(arrays), folder / "functions.svg")
    figures.save(_alphas(settings.alphas, arrays), folder / "alphas.svg")
    results, neuron = shown.results, shown.neuron
    return View(
        slope=f"{settings.slope:g}",
        limit=f"{settings.limit:g}",
        inputs=", ".join(map(str, settings.inputs)),
        weights=", ".join(map(str, settings.weights)),
        values=tables.markdown(
            [_row(row, settings.points, texts) for row, texts in zip(results.table, shown.printed, strict=True)]
        ),
        elu=tables.markdown(
            [{"function": NAMES[name]} | _cells(settings.elu_points, values) for name, values in results.elu.items()]
        ),
        neuron=tables.markdown(
            [
                {"quantity": NAMES.get(name, name), "computed": f"{value:.6f}"}
                | ({"lecture": neuron.get(name, "–")} if neuron else {})
                for name, value in results.neuron.items()
            ]
        ),
        errors=tables.markdown(
            [
                {"function": NAMES[row.name], "value": f"{row.value:.1e}", "derivative": f"{row.derivative:.1e}"}
                for row in results.errors
            ]
        ),
        extremes=tables.markdown(
            [
                dict(
                    zip(
                        ("function", "f(−10,000)", "f(10,000)", "f'(−10,000)", "f'(10,000)"),
                        (NAMES[name], *(f"{value:g}" for value in values)),
                        strict=True,
                    )
                )
                for name, values in results.extremes.items()
            ]
        ),
    )


def _row(row: Row, points: Sequence[float], printed: Sequence[str | None]) -> dict[str, Any]:
    name = NAMES[row.name] + ("'" if row.what == "derivative" else "")
    cells = _cells(points, row.values).items()
    return {"function (lecture)": name} | {
        key: value if text is None else f"{value} ({text})" for (key, value), text in zip(cells, printed, strict=True)
    }


def _cells(points: Sequence[float], values: Sequence[float]) -> dict[str, str]:
    return {f"z = {point:g}": f"{value:.8g}" for point, value in zip(points, values, strict=True)}


def _functions(arrays: dict[str, Array]) -> Figure:
    """Every function above its derivative, on one scale of z."""
    figure = Figure(figsize=(figures.WIDTH, 3.9))
    grid = figure.subplots(2, len(SHOWN), sharex=True, sharey="row")
    for i, name in enumerate(SHOWN):
        for axes, what in zip(grid[:, i], ("value", "derivative"), strict=True):
            axes.axhline(0, color="#bbbbbb", linewidth=0.8)
            axes.axvline(0, color="#bbbbbb", linewidth=0.8)
            axes.plot(arrays["z"], arrays[f"{name}.{what}"], color=figures.PALETTE[i], linewidth=2)
        grid[0, i].set_title(NAMES[name])
        grid[1, i].set_xlabel("z")
    grid[0, 0].set_ylabel("f(z)")
    grid[0, 0].set_ylim(-1.4, 3)
    grid[1, 0].set_ylabel("f'(z)")
    grid[1, 0].set_ylim(-0.08, 1.12)
    return figure


def _alphas(alphas: Sequence[float], arrays: dict[str, Array]) -> Figure:
    figure = Figure(figsize=(figures.WIDTH, 3.0))
    value, derivative = figure.subplots(1, 2)
    for i, alpha in enumerate(alphas):
        style: dict[str, Any] = {"color": figures.PALETTE[i % len(figures.PALETTE)], "linewidth": 1.7}
        value.plot(arrays["z"], arrays[f"elu.{alpha:g}"], label=f"α = {alpha:g}", **style)
        derivative.plot(arrays["z"], arrays[f"elu.{alpha:g}.derivative"], **style)
    value.set_title("ELU")
    derivative.set_title("its derivative")
    for axes in (value, derivative):
        axes.set_xlabel("z")
    value.set_ylim(-2.2, 2.2)
    value.set_xlim(-5, 2.2)
    derivative.set_xlim(-5, 2.2)
    figure.legend(loc="outside right upper", fontsize=8.5)
    return figure
