"""The page of `activations`."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from nnlabs.params.exercises import Activations
from nnlabs.reporting import figures, tables
from nnlabs.scratch.arrays import Array

TITLE = "Activation functions"
QUESTION = "What do activation functions and their derivatives look like?"
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


def answer(results: dict[str, Any]) -> str:
    headline = results["headline"]
    checked = sum(row["printed"] is not None for row in results["table"]) * len(results["points"])
    printed = ""
    if checked:
        wrong = results["misprints"]
        printed = (
            f" All {checked} values that the lecture prints hold." if not wrong else f" Misprinted: {', '.join(wrong)}."
        )
    return (
        f"The sigmoid's derivative is at most {headline['largest_derivative_of_sigmoid']:g}, tanh's at most 1, "
        "ReLU's is 0 or 1. "
        f"Functions and derivatives agree with autograd to {headline['largest_error']:.0e}.{printed}"
    )


def page(results: dict[str, Any], arrays: dict[str, Array], settings: Activations, folder: Path) -> dict[str, Any]:
    figures.save(_functions(arrays), folder / "functions.svg")
    figures.save(_alphas(results, arrays), folder / "alphas.svg")
    neuron = results["neuron"]
    return {
        "values": tables.markdown([_row(row, results["points"]) for row in results["table"]]),
        "elu": tables.markdown(
            [
                {"function": NAMES[name]} | _cells(results["elu_points"], values)
                for name, values in results["elu"].items()
            ]
        ),
        "neuron": tables.markdown(
            [
                {"quantity": NAMES.get(name, name), "computed": f"{value:.6f}"}
                | ({"lecture": neuron["printed"].get(name, "–")} if neuron["printed"] else {})
                for name, value in neuron["outputs"].items()
            ]
        ),
        "errors": tables.markdown(
            [
                {
                    "function": NAMES[row["name"]],
                    "value": f"{row['value']:.1e}",
                    "derivative": f"{row['derivative']:.1e}",
                }
                for row in results["errors"]
            ]
        ),
        "extremes": tables.markdown(
            [
                dict(
                    zip(
                        ("function", "f(−10,000)", "f(10,000)", "f'(−10,000)", "f'(10,000)"),
                        (NAMES[name], *(f"{value:g}" for value in values)),
                        strict=True,
                    )
                )
                for name, values in results["extremes"].items()
            ]
        ),
    }


def _row(row: dict[str, Any], points: list[float]) -> dict[str, Any]:
    name = NAMES[row["name"]] + ("'" if row["what"] == "derivative" else "")
    cells = _cells(points, row["values"])
    if row["printed"]:
        cells = {key: f"{value} ({told})" for (key, value), told in zip(cells.items(), row["printed"], strict=True)}
    return {"function (lecture)": name} | cells


def _cells(points: list[float], values: list[float]) -> dict[str, str]:
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


def _alphas(results: dict[str, Any], arrays: dict[str, Array]) -> Figure:
    figure = Figure(figsize=(figures.WIDTH, 3.0))
    value, derivative = figure.subplots(1, 2)
    for i, alpha in enumerate(results["alphas"]):
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
