"""Activation functions and their derivatives: values, the lecture's beside them, and the errors to autograd."""

from typing import Any

import numpy as np

from nnlabs.params.exercises import Activations as Settings
from nnlabs.scratch.activations import activation
from nnlabs.scratch.arrays import Array
from nnlabs.labs.agreement import activation_errors

PRINTED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sigmoid": (
        ("0.00669285", "0.11920292", "0.5", "0.88079708", "0.99330715"),
        ("0.00664806", "0.10499359", "0.25", "0.10499359", "0.00664806"),
    ),
    "tanh": (
        ("-0.9999092", "-0.96402758", "0", "0.96402758", "0.9999092"),
        ("0.000181583231", "0.0706508249", "1", "0.0706508249", "0.000181583231"),
    ),
    "relu": (("0", "0", "0", "2", "5"), ("0", "0", "0", "1", "1")),
    "leaky_relu": (("-0.05", "-0.02", "0", "2", "5"), ("0.01", "0.01", "0.01", "1", "1")),
}
"""What the lecture prints at -5, -2, 0, 2, 5: the function, then its derivative."""
PRINTED_POINTS, PRINTED_SLOPE = (-5.0, -2.0, 0.0, 2.0, 5.0), 0.01
PRINTED_NEURON = {"z": "1.4", "sigmoid": "0.802", "tanh": "0.885", "relu": "1.4", "leaky_relu": "1.4"}
"""What the lecture prints of its neuron: x = (2, -1), w = (0.5, -0.3), b = 0.1."""
LECTURE_NEURON = ((2.0, -1.0), (0.5, -0.3), 0.1)


def study(settings: Settings) -> tuple[dict[str, Any], dict[str, Array]]:
    points = np.array(settings.points, float)
    arrays: dict[str, Array] = {"z": np.linspace(-settings.limit, settings.limit, 401)}
    table = []
    for name in ("sigmoid", "tanh", "relu", "leaky_relu", "elu"):
        shape = {"slope": settings.slope} if name == "leaky_relu" else {}
        each = activation(name, **shape)
        arrays[f"{name}.value"], arrays[f"{name}.derivative"] = each.function(arrays["z"]), each.derivative(arrays["z"])
        printed = PRINTED.get(name, (None, None)) if _is_lectures(settings) else (None, None)
        for what, values, told in zip(
            ("value", "derivative"), (each.function(points), each.derivative(points)), printed, strict=True
        ):
            table.append(
                {"name": name, "what": what, "values": values.tolist(), "printed": list(told) if told else None}
            )
    for alpha in settings.alphas:
        each = activation("elu", alpha=alpha)
        arrays[f"elu.{alpha:g}"], arrays[f"elu.{alpha:g}.derivative"] = (
            each.function(arrays["z"]),
            each.derivative(arrays["z"]),
        )
    elu_points = np.array(settings.elu_points, float)
    compared = {name: activation(name).function(elu_points).tolist() for name in ("relu", "leaky_relu", "elu")}
    errors = activation_errors(settings.limit)
    misprints = [
        f"{row['name']} {row['what']} at {point:g}"
        for row in table
        for point, value, told in zip(settings.points, row["values"], row["printed"] or (), strict=False)
        if not agrees(value, told)
    ]
    results = {
        "points": list(settings.points),
        "table": table,
        "misprints": misprints,
        "slope": settings.slope,
        "alphas": list(settings.alphas),
        "elu_points": list(settings.elu_points),
        "elu": compared,
        "neuron": _neuron(settings),
        "errors": errors,
        "extremes": _extremes(),
        "headline": {
            "largest_error": max(max(row["value"], row["derivative"]) for row in errors),
            "largest_derivative_of_sigmoid": float(arrays["sigmoid.derivative"].max()),
        },
    }
    return results, arrays


def _is_lectures(settings: Settings) -> bool:
    return settings.points == PRINTED_POINTS and settings.slope == PRINTED_SLOPE


def agrees(value: float, printed: str) -> bool:
    """Whether a value lies within one unit of the last digit that is printed (which need not be rounded well)."""
    _, _, digits = printed.partition(".")
    return abs(value - float(printed)) <= 10.0 ** -len(digits) * (1 + 1e-9)


def _neuron(settings: Settings) -> dict[str, Any]:
    z = float(np.dot(settings.inputs, settings.weights) + settings.bias)
    outputs = {
        name: float(activation(name).function(np.array([z]))[0]) for name in ("sigmoid", "tanh", "relu", "leaky_relu")
    }
    ours = (settings.inputs, settings.weights, settings.bias)
    return {
        "inputs": list(settings.inputs),
        "weights": list(settings.weights),
        "bias": settings.bias,
        "outputs": {"z": z} | outputs,
        "printed": PRINTED_NEURON if ours == LECTURE_NEURON else None,
    }


def _extremes() -> dict[str, list[float]]:
    """The functions and derivatives at ±10,000, where a careless formula overflows."""
    far = np.array([-1e4, 1e4])
    every = {}
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for name in ("sigmoid", "tanh", "relu", "leaky_relu", "elu"):
            each = activation(name)
            every[name] = [*each.function(far).tolist(), *each.derivative(far).tolist()]
    return every
