"""How methods of gradient descent walk down a function of one variable, and two of two."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.optimize import root_scalar

from nnlabs.params.exercises import Descent as Settings
from nnlabs.params.exercises import Plane
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.descent import (
    LECTURE,
    ROSENBROCK,
    Descent,
    Function,
    Method,
    Newton,
    central_difference,
    minimise,
    quadratic,
)
from nnlabs.scratch.optimizers import Optimizer
from nnlabs.labs.agreement import optimizer, optimizer_errors

NEWTON = "newton"


class Point(NamedTuple):
    x: float
    value: float


def study(settings: Settings) -> tuple[dict[str, Any], dict[str, Array]]:
    arrays: dict[str, Array] = {}
    # where the slope is 0: a minimum's height tells its place to half of the digits only
    root = root_scalar(lambda x: LECTURE.gradient(np.array([x]))[0], bracket=(-3, 3), xtol=1e-15)
    minimum = Point(float(root.root), LECTURE.value(np.array([root.root])))
    start = np.array([settings.start])

    def walk(function: Function, begin: Array, method: Method | Optimizer) -> Descent:
        return minimise(function, begin, method, settings.tolerance, settings.iterations)

    def methods(function: Function, rates: dict[Any, float]) -> dict[str, Method | Optimizer]:
        every: dict[str, Method | Optimizer] = {
            name: optimizer(name, lr, settings.momentum) for name, lr in rates.items()
        }
        return every | {NEWTON: Newton(function)}

    walks = {name: walk(LECTURE, start, method) for name, method in methods(LECTURE, settings.rates).items()}
    regimes = {name: walk(LECTURE, start, optimizer("sgd", lr, 0)) for name, lr in settings.regimes.items()}
    lines = {}
    for kind, each in (("walk", walks), ("regime", regimes)):
        rates: Mapping[Any, float] = settings.rates if kind == "walk" else settings.regimes
        for name, descent in each.items():
            arrays[f"{kind}.{name}.x"], arrays[f"{kind}.{name}.value"] = descent.path[:, 0], descent.values
        lines[kind] = [_line(name, rates.get(name), descent, minimum) for name, descent in each.items()]

    planes = {}
    for name, function, plane in (
        ("quadratic", quadratic(settings.condition), settings.quadratic),
        ("rosenbrock", ROSENBROCK, settings.rosenbrock),
    ):
        planes[name] = _plane(name, function, plane, walk, methods(function, plane.rates), arrays)
    results: dict[str, Any] = {
        "minimum": {"x": minimum.x, "value": minimum.value},
        "start": settings.start,
        "walks": lines["walk"],
        "regimes": lines["regime"],
        "derivatives": _derivatives(),
        "planes": planes,
        "optimizers": optimizer_errors(settings.agreement_steps),
        "agreement_steps": settings.agreement_steps,
        "curvature": float(LECTURE.hessian(np.zeros(1))[0, 0]),
    }
    arrived = [abs(line["error_x"]) for line in lines["walk"] if line["ended"] == "converged"]
    headline = {
        "largest_error_of_x": max(arrived, default=0.0),
        "largest_optimizer_difference": max(row["error"] for row in results["optimizers"]),
    } | {f"steps_{line['name']}": line["steps"] for line in lines["walk"]}
    return results | {"headline": headline}, arrays


def _line(name: str, lr: float | None, descent: Descent, minimum: Point) -> dict[str, Any]:
    x, value = float(descent.path[-1, 0]), float(descent.values[-1])
    return {
        "name": name,
        "lr": lr,
        "x": x,
        "value": value,
        "error_x": x - minimum.x,
        "error_value": value - minimum.value,
        "steps": descent.steps,
        "ended": descent.ended,
    }


def _plane(
    name: str,
    function: Function,
    plane: Plane,
    walk: Any,
    methods: dict[str, Method | Optimizer],
    arrays: dict[str, Array],
) -> dict[str, Any]:
    rows = []
    for key, method in methods.items():
        descent = walk(function, np.array(plane.start), method)
        arrays[f"{name}.{key}"] = descent.path[_shown(len(descent.path))]
        rows.append(
            {
                "name": key,
                "lr": dict(plane.rates).get(key),  # type: ignore[call-overload]
                "x": descent.path[-1].tolist(),
                "value": float(descent.values[-1]),
                "steps": descent.steps,
                "ended": descent.ended,
            }
        )
    return {"formula": function.formula, "start": list(plane.start), "walks": rows}


def _shown(steps: int) -> Array:
    """Which of so many steps a figure shows: the first fifty, then ever fewer, and the last."""
    return np.unique(np.concatenate([np.arange(min(50, steps)), np.geomspace(1, steps, 150).astype(int) - 1]))


def _derivatives() -> dict[str, float]:
    """The derivative of L three ways over a grid: the largest difference to the analytic one."""
    grid = np.linspace(-3, 3, 601)
    analytic = LECTURE.gradient(grid)
    numerical = np.concatenate([central_difference(LECTURE.value, x[None]) for x in grid])
    x = torch.tensor(grid, requires_grad=True)
    (3 * x**2 - torch.sin(x) + torch.exp(x) - 5).sum().backward()
    assert x.grad is not None
    return {
        "central_difference": float(np.abs(numerical - analytic).max()),
        "autograd": float(np.abs(x.grad.numpy() - analytic).max()),
    }
