"""Activation functions and their derivatives: values, and the errors to autograd."""

from math import exp
from typing import Any

import numpy as np

from nnlabs.labs.activations.agreement import activation_errors
from nnlabs.labs.activations.cost import measured
from nnlabs.labs.activations.dying import killed, revived
from nnlabs.labs.activations.results import Results, Row
from nnlabs.labs.activations.settings import Settings
from nnlabs.scratch.activations import Activation, elu, leaky_relu, relu, sigmoid, tanh
from nnlabs.scratch.arrays import Array

FUNCTIONS: dict[str, Activation] = {
    each.name: each
    for each in (sigmoid.ACTIVATION, tanh.ACTIVATION, relu.ACTIVATION, leaky_relu.ACTIVATION, elu.ACTIVATION)
}


def compute(settings: Settings, dataset: str) -> tuple[Results, dict[str, Array]]:
    points, elu_points = np.array(settings.points, float), np.array(settings.elu_points, float)
    arrays: dict[str, Array] = {"z": np.linspace(-settings.limit, settings.limit, 401)}
    table = []
    for name, each in (FUNCTIONS | {"leaky_relu": leaky_relu.ACTIVATION.shaped(slope=settings.slope)}).items():
        arrays[f"{name}.value"], arrays[f"{name}.derivative"] = each.function(arrays["z"]), each.derivative(arrays["z"])
        table += [
            Row(name, "value", each.function(points).tolist()),
            Row(name, "derivative", each.derivative(points).tolist()),
        ]
    for alpha in settings.alphas:
        each = elu.ACTIVATION.shaped(alpha=alpha)
        arrays[f"elu.{alpha:g}"] = each.function(arrays["z"])
        arrays[f"elu.{alpha:g}.derivative"] = each.derivative(arrays["z"])
    results = Results(
        table=table,
        elu={name: FUNCTIONS[name].function(elu_points).tolist() for name in ("relu", "leaky_relu", "elu")},
        neuron=_neuron(settings),
        errors=activation_errors(settings.limit),
        extremes=_extremes(),
        largest_derivative_of_sigmoid=float(arrays["sigmoid.derivative"].max()),
        units=settings.dying.units,
        killed=killed(settings.dying),
        revived=revived(settings.dying),
    )
    return results, arrays


def _neuron(settings: Settings) -> dict[str, float]:
    """z, the powers of e that the sigmoid and tanh are made of, and what each function gives."""
    z = float(np.dot(settings.inputs, settings.weights) + settings.bias)
    up, down = exp(z), exp(-z)
    way = {"z": z, "exp(-z)": down, "1 + exp(-z)": 1 + down, "exp(z)": up, "exp(z) - exp(-z)": up - down}
    way["exp(z) + exp(-z)"] = up + down
    asked = ("sigmoid", "tanh", "relu", "leaky_relu")
    return way | {name: float(FUNCTIONS[name].function(np.array([z]))[0]) for name in asked}


def measure(settings: Settings) -> dict[str, Any]:
    """What may differ between two honest runs: seconds."""
    return measured()


def _extremes() -> dict[str, list[float]]:
    """The functions and derivatives at ±10,000, where a careless formula overflows."""
    far = np.array([-1e4, 1e4])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        return {
            name: [*each.function(far).tolist(), *each.derivative(far).tolist()] for name, each in FUNCTIONS.items()
        }
