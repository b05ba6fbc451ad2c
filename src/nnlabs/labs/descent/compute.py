"""How methods of gradient descent walk down a function of one variable, and two of two."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from scipy.optimize import root_scalar

from nnlabs.labs.descent import results
from nnlabs.labs.descent.agreement import optimizer_errors
from nnlabs.labs.descent.results import Derivatives, Point, Results
from nnlabs.labs.descent.settings import Plane, Settings
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
from nnlabs.scratch.optimizers import OPTIMIZERS, Optimizer

NEWTON = "newton"

Walk = Callable[[Function, Array, Method | Optimizer], Descent]


def compute(settings: Settings, dataset: str) -> tuple[Results, dict[str, Array]]:
    arrays: dict[str, Array] = {}
    # where the slope is 0: a minimum's height tells its place to half of the digits only
    root = root_scalar(lambda x: LECTURE.gradient(np.array([x]))[0], bracket=(-3, 3), xtol=1e-15)
    minimum = Point(float(root.root), LECTURE.value(np.array([root.root])))
    start = np.array([settings.start])

    def walk(function: Function, begin: Array, method: Method | Optimizer) -> Descent:
        return minimise(function, begin, method, settings.tolerance, settings.iterations)

    def methods(function: Function, rates: Mapping[str, float]) -> dict[str, Method | Optimizer]:
        every: dict[str, Method | Optimizer] = {
            name: _optimizer(name, lr, settings.momentum) for name, lr in rates.items()
        }
        return every | {NEWTON: Newton(function)}

    rates = _named(settings.rates)
    walks = {name: walk(LECTURE, start, method) for name, method in methods(LECTURE, rates).items()}
    regimes = {name: walk(LECTURE, start, _optimizer("sgd", lr, 0)) for name, lr in settings.regimes.items()}
    for kind, each in (("walk", walks), ("regime", regimes)):
        for name, descent in each.items():
            arrays[f"{kind}.{name}.x"], arrays[f"{kind}.{name}.value"] = descent.path[:, 0], descent.values
    planes = {}
    for name, function, plane in (
        ("quadratic", quadratic(settings.condition), settings.quadratic),
        ("rosenbrock", ROSENBROCK, settings.rosenbrock),
    ):
        planes[name] = _plane(name, function, plane, walk, methods(function, _named(plane.rates)), arrays)
    found = Results(
        minimum=minimum,
        walks=[_line(name, rates.get(name), descent, minimum) for name, descent in walks.items()],
        regimes=[_line(name, settings.regimes[name], descent, minimum) for name, descent in regimes.items()],
        derivatives=_derivatives(),
        planes=planes,
        optimizers=optimizer_errors(settings.agreement_steps),
        curvature=float(LECTURE.hessian(np.zeros(1))[0, 0]),
    )
    return found, arrays


def _named(rates: Mapping[Any, float]) -> dict[str, float]:
    """Rates by names that may be any, so that Newton's can be looked for."""
    return dict(rates)


def _optimizer(name: str, lr: float, momentum: float) -> Optimizer:
    """One of ours by its name in params.yaml; momentum where it has one."""
    return OPTIMIZERS[name](lr, **({"momentum": momentum} if name in ("momentum", "nesterov") else {}))


def _line(name: str, lr: float | None, descent: Descent, minimum: Point) -> results.Walk:
    x, value = float(descent.path[-1, 0]), float(descent.values[-1])
    return results.Walk(
        name=name,
        lr=lr,
        x=x,
        value=value,
        error_x=x - minimum.x,
        error_value=value - minimum.value,
        steps=descent.steps,
        ended=descent.ended,
    )


def _plane(
    name: str,
    function: Function,
    plane: Plane,
    walk: Walk,
    methods: dict[str, Method | Optimizer],
    arrays: dict[str, Array],
) -> results.Plane:
    rates = _named(plane.rates)
    walks = []
    for key, method in methods.items():
        descent = walk(function, np.array(plane.start), method)
        arrays[f"{name}.{key}"] = descent.path[_shown(len(descent.path))]
        x, y = descent.path[-1].tolist()
        value = float(descent.values[-1])
        walks.append(results.PlaneWalk(key, rates.get(key), (x, y), value, descent.steps, descent.ended))
    return results.Plane(function.formula, walks)


def _shown(steps: int) -> Array:
    """Which of so many steps a figure shows: the first fifty, then ever fewer, and the last."""
    return np.unique(np.concatenate([np.arange(min(50, steps)), np.geomspace(1, steps, 150).astype(int) - 1]))


def _derivatives() -> Derivatives:
    """The derivative of L three ways over a grid."""
    grid = np.linspace(-3, 3, 601)
    analytic = LECTURE.gradient(grid)
    numerical = np.concatenate([central_difference(LECTURE.value, x[None]) for x in grid])
    x = torch.tensor(grid, requires_grad=True)
    (3 * x**2 - torch.sin(x) + torch.exp(x) - 5).sum().backward()
    assert x.grad is not None
    return Derivatives(
        central_difference=float(np.abs(numerical - analytic).max()),
        autograd=float(np.abs(x.grad.numpy() - analytic).max()),
    )
