"""What the walks left for the page."""

from dataclasses import dataclass
from typing import Any, Literal

Ended = Literal["converged", "limit", "diverged"]


@dataclass(frozen=True)
class Point:
    x: float
    value: float
    """L there."""


@dataclass(frozen=True)
class Walk:
    """A walk along L: where it ended, and how far from the minimum."""

    name: str
    """The method, or of a learning rate what it shows."""
    lr: float | None
    """None of Newton's method, which has none."""
    x: float
    value: float
    error_x: float
    error_value: float
    steps: int
    ended: Ended


@dataclass(frozen=True)
class PlaneWalk:
    """A walk over a function of two variables."""

    name: str
    lr: float | None
    x: tuple[float, float]
    value: float
    steps: int
    ended: Ended


@dataclass(frozen=True)
class Plane:
    formula: str
    """In LaTeX."""
    walks: list[PlaneWalk]


@dataclass(frozen=True)
class Derivatives:
    """The largest difference to the analytic derivative of L over a grid."""

    central_difference: float
    autograd: float


@dataclass(frozen=True)
class Agreement:
    """The largest relative difference to torch.optim."""

    name: str
    settings: dict[str, Any]
    error: float


@dataclass(frozen=True)
class Results:
    minimum: Point
    """Where scipy finds that the slope is 0."""
    walks: list[Walk]
    """By the methods."""
    regimes: list[Walk]
    """By the learning rates of plain gradient descent."""
    derivatives: Derivatives
    planes: dict[str, Plane]
    optimizers: list[Agreement]
    curvature: float
    """L'' at the minimum."""
