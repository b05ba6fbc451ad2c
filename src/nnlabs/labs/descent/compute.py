"""How methods of gradient descent walk down a function of one variable, and two of two."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from scipy.optimize import root_scalar

from nnlabs.labs.descent.agreement import optimizer_errors
from nnlabs.labs.descent.results import Bowl, Derivatives, Ended, Point, Results, Tried, Walk, Walks
from nnlabs.labs.descent.settings import Settings
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
from nnlabs.scratch.optimizers import OPTIMIZERS, SGD, Optimizer

METHODS = ("sgd", "momentum", "nesterov", "adam", "adamax")
NEWTON = "newton"
ARRIVED = 1e-6
"""Above the minimum's value by less, a walk that stopped has arrived: at twice the largest rate it may also bounce."""

Step = Callable[[Function, Array, Method | Optimizer], Descent]


def compute(settings: Settings, dataset: str) -> tuple[Results, dict[str, Array]]:
    arrays: dict[str, Array] = {}
    # where the slope is 0: a minimum's height tells its place to half of the digits only
    root = root_scalar(lambda x: LECTURE.gradient(np.array([x]))[0], bracket=(-3, 3), xtol=1e-15)
    minimum = Point(float(root.root), LECTURE.value(np.array([root.root])))
    start, bowl = np.array([settings.start]), settings.quadratic

    def walk(function: Function, begin: Array, method: Method | Optimizer) -> Descent:
        return minimise(function, begin, method, settings.tolerance, settings.iterations)

    functions = {}
    for name, function, begin, lowest in (
        ("line", LECTURE, start, minimum.value),
        ("quadratic", quadratic(bowl.condition), np.array(bowl.start), 0.0),
        ("rosenbrock", ROSENBROCK, np.array(settings.rosenbrock.start), 0.0),
    ):
        functions[name] = _walks(name, function, begin, lowest, settings, walk, arrays)
    regimes = []
    for name, lr in settings.regimes.items():
        descent = walk(LECTURE, start, SGD(lr))
        regimes.append(_line(name, lr, descent, minimum.value))
        arrays[f"regime.{name}.x"], arrays[f"regime.{name}.value"] = descent.path[:, 0], descent.values
    found = Results(
        minimum=minimum,
        start_gap=LECTURE.value(start) - minimum.value,
        momentum=settings.momentum,
        tolerance=settings.tolerance,
        curvature=float(LECTURE.hessian(np.zeros(1))[0, 0]),
        functions=functions,
        regimes=regimes,
        bowls=[_bowl(condition, settings.momentum, walk) for condition in bowl.conditions],
        derivatives=_derivatives(),
        optimizers=optimizer_errors(settings.agreement_steps),
    )
    return found, arrays


def _walks(
    name: str, function: Function, start: Array, lowest: float, settings: Settings, walk: Step, arrays: dict[str, Array]
) -> Walks:
    """Every method at every rate; of the best rate the path is kept, of L with its height."""
    best, tried, rates = [], {}, settings.rates.values
    for method in METHODS:
        every = {lr: walk(function, start, _optimizer(method, lr, settings.momentum)) for lr in rates}
        lines = [_line(method, lr, descent, lowest) for lr, descent in every.items()]
        chosen = fewest(lines)
        tried[method] = [Tried(rates[i], line.steps, line.ended) for i, line in enumerate(lines)]
        best.append(lines[chosen])
        _keep(f"{name}.{method}", every[rates[chosen]], arrays)
    descent = walk(function, start, Newton(function))
    best.append(_line(NEWTON, None, descent, lowest))
    _keep(f"{name}.{NEWTON}", descent, arrays)
    return Walks(function.formula, best, tried)


def fewest(walks: Sequence[Walk]) -> int:
    """Which walk arrived in the fewest steps; where none did, which came lowest."""
    arrived = [i for i, walk in enumerate(walks) if walk.ended == "arrived"]
    if arrived:
        return min(arrived, key=lambda i: walks[i].steps)
    return min(range(len(walks)), key=lambda i: walks[i].gap)


def _keep(name: str, descent: Descent, arrays: dict[str, Array]) -> None:
    """A long path with ever fewer steps, as a figure shows it."""
    shown = np.arange(len(descent.path)) if descent.path.shape[1] == 1 else _shown(len(descent.path))
    arrays[f"{name}.path"] = descent.path[shown]
    if descent.path.shape[1] == 1:
        arrays[f"{name}.value"] = descent.values


def _optimizer(name: str, lr: float, momentum: float) -> Optimizer:
    """One of ours by its name; momentum where it has one."""
    return OPTIMIZERS[name](lr, **({"momentum": momentum} if name in ("momentum", "nesterov") else {}))


def _line(name: str, lr: float | None, descent: Descent, lowest: float) -> Walk:
    gap = float(descent.values[-1]) - lowest
    return Walk(name, lr, descent.path[-1].tolist(), gap, descent.steps, _ended(descent, gap))


def _ended(descent: Descent, gap: float) -> Ended:
    if descent.ended != "converged":
        return descent.ended
    return "arrived" if gap < ARRIVED else "stopped"


def _bowl(condition: float, momentum: float, walk: Step) -> Bowl:
    """Gradient descent and momentum on a bowl, from where both directions have the same height.

    The best rate of gradient descent is 2 / (1 + κ). Momentum μ shrinks the error by √μ a step in every direction
    whose curvature times η lies between (1 - √μ)² and (1 + √μ)²; η = (1 - μ) / √κ has the curvatures 1 and κ at the
    same distance from the ends of that interval. The smallest μ for which both fit in is ((√κ - 1) / (√κ + 1))²
    (Polyak 1964; Goh 2017).
    """
    function, root = quadratic(condition), float(np.sqrt(condition))
    start = 9 * np.array([1.0, 1 / root])
    fitted = ((root - 1) / (root + 1)) ** 2
    lows = [
        walk(function, start, SGD(lr, mu))
        for lr, mu in (
            (2 / (1 + condition), 0.0),
            ((1 - momentum) / root, momentum),
            ((2 / (1 + root)) ** 2, fitted),
        )
    ]
    steps = [low.steps if _ended(low, float(low.values[-1])) == "arrived" else None for low in lows]
    return Bowl(condition, *steps)


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
