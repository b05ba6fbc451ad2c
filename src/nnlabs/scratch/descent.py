"""Minimising a function of one or many variables, step by step, with every step kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from nnlabs.core.errors import UserError
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.optimizers import Optimizer

Value = Callable[[Array], float]
Slope = Callable[[Array], Array]


@dataclass(frozen=True)
class Function:
    """What is minimised: x of d numbers to one, with its gradient (d) and its matrix of second derivatives (d x d)."""

    formula: str
    """In LaTeX."""
    value: Value
    gradient: Slope
    hessian: Slope


def _lecture_hessian(x: Array) -> Array:
    return np.diag(6 + np.sin(x) + np.exp(x))


LECTURE = Function(
    r"3x^2 - \sin x + e^x - 5",
    lambda x: float((3 * x**2 - np.sin(x) + np.exp(x) - 5).sum()),
    lambda x: 6 * x - np.cos(x) + np.exp(x),
    _lecture_hessian,
)
"""One variable; the minimum is at x = 0, where -cos 0 + e⁰ = 0, and is -4."""


def quadratic(condition: float) -> Function:
    """A bowl that is `condition` times steeper along y than along x; its minimum, 0, is at the origin."""
    scales = np.array([1.0, condition])
    return Function(
        rf"\tfrac12 (x^2 + {condition:g} y^2)",
        lambda x: float((scales * x**2).sum() / 2),
        lambda x: scales * x,
        lambda x: np.diag(scales),
    )


ROSENBROCK = Function(
    r"(1 - x)^2 + 100 (y - x^2)^2",
    lambda x: float((1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2),
    lambda x: np.array([-2 * (1 - x[0]) - 400 * x[0] * (x[1] - x[0] ** 2), 200 * (x[1] - x[0] ** 2)]),
    lambda x: np.array([[2 - 400 * x[1] + 1200 * x[0] ** 2, -400 * x[0]], [-400 * x[0], 200.0]]),
)
"""A bent valley, easy to find and slow to follow; its minimum, 0, is at (1, 1) (Rosenbrock 1960)."""


def central_difference(value: Value, x: Array) -> Array:
    """(L(x + h) - L(x - h)) / 2h for each coordinate.

    h is ε^(1/3) max(1, |x|), ε being the rounding of the number format: there the formula's own error,
    of order h², and rounding's, of order ε / h, are about equal.
    """
    steps = np.finfo(x.dtype).eps ** (1 / 3) * np.maximum(1, np.abs(x))
    slope = np.empty_like(x)
    for i, h in enumerate(steps):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        slope[i] = (value(up) - value(down)) / (up[i] - down[i])  # the step as it was rounded
    return slope


class Method(Protocol):
    """Anything that moves x, in place, given the gradient: an optimizer, or Newton."""

    def step(self, parameters: dict[str, Array], gradients: dict[str, Array]) -> None: ...


class Newton:
    """x ← x - H(x)⁻¹ g: to the minimum of the parabola that touches the function at x.

    Where that parabola has none (H is not positive definite), the direction could lead uphill; so |H|,
    its eigenvalues' absolute values, stands for H (Nocedal and Wright 2006, section 3.4).
    """

    def __init__(self, function: Function) -> None:
        self.hessian = function.hessian

    def step(self, parameters: dict[str, Array], gradients: dict[str, Array]) -> None:
        x, g = parameters["x"], gradients["x"]
        values, vectors = np.linalg.eigh(self.hessian(x))
        x -= vectors @ ((vectors.T @ g) / np.maximum(np.abs(values), np.finfo(x.dtype).tiny))


@dataclass(frozen=True)
class Descent:
    """A walk: where it went, how high it was there, and why it ended."""

    path: Array
    """(k + 1) x d: the start and the k steps."""
    values: Array
    """L at each of them."""
    ended: Literal["converged", "limit", "diverged"]

    @property
    def steps(self) -> int:
        return len(self.values) - 1


def minimise(
    function: Function,
    start: Array,
    method: Method | Optimizer,
    tolerance: float,
    iterations: int,
    gradient: Slope | None = None,
    ceiling: float = 1e8,
) -> Descent:
    """Walk down until |L_k - L_(k-1)| < tolerance, or for `iterations` steps, or until it has diverged.

    It has diverged where L or x is no longer finite, or L above the ceiling and above where it began. `gradient`
    replaces the function's own, to see what a numerical derivative does.

    Raises
    ------
    UserError
        Where L is not finite at the start.
    """
    slope = gradient or function.gradient
    x = np.array(start, float)
    ended: Literal["converged", "limit", "diverged"] = "limit"
    with np.errstate(over="ignore", invalid="ignore"):  # divergence is found out below
        path, values = [x.copy()], [function.value(x)]
        if not np.isfinite(values[0]):
            raise UserError(f"minimise: the function is {values[0]} at the start, {x.tolist()}; one nearer 0 is needed")
        ceiling = max(ceiling, values[0])
        for _ in range(iterations):
            method.step({"x": x}, {"x": slope(x)})
            value = function.value(x)
            if not (np.isfinite(x).all() and np.isfinite(value) and value <= ceiling):
                ended = "diverged"
                break
            path.append(x.copy())
            values.append(value)
            if abs(values[-1] - values[-2]) < tolerance:
                ended = "converged"
                break
    return Descent(np.array(path), np.array(values), ended)
