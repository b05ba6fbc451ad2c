"""What the walks left for the page."""

from dataclasses import dataclass
from typing import Literal

Ended = Literal["arrived", "stopped", "limit", "diverged"]
"""`stopped`: the steps became small, but not at the minimum."""


@dataclass(frozen=True)
class Point:
    x: float
    value: float
    """L there."""


@dataclass(frozen=True)
class Walk:
    """A walk over a function: where it ended, and how far above the minimum."""

    name: str
    """The method, or of a learning rate what it shows."""
    lr: float | None
    """None of Newton's method, which has none."""
    x: list[float]
    gap: float
    """Its last value less the minimum's."""
    steps: int
    ended: Ended


@dataclass(frozen=True)
class Tried:
    """A method at one of the learning rates."""

    lr: float
    steps: int
    ended: Ended


@dataclass(frozen=True)
class Walks:
    """All methods on one function."""

    formula: str
    """In LaTeX."""
    best: list[Walk]
    """Each method at the rate that took it to the minimum in the fewest steps; Newton's, which has none, last."""
    tried: dict[str, list[Tried]]
    """By the method."""


@dataclass(frozen=True)
class Bowl:
    """Steps to the bottom of a bowl, each method at the rate that theory calls best; None: it did not arrive."""

    condition: float
    descent: int | None
    momentum: int | None
    """With the momentum of the settings."""
    fitted: int | None
    """With the momentum that theory calls best for this bowl."""


@dataclass(frozen=True)
class Derivatives:
    """The largest difference to the analytic derivative of L over a grid."""

    central_difference: float
    autograd: float


@dataclass(frozen=True)
class Agreement:
    """The largest relative difference to torch.optim."""

    name: str
    settings: dict[str, float | tuple[float, float]]
    error: float


@dataclass(frozen=True)
class Results:
    minimum: Point
    """Where scipy finds that the slope is 0."""
    start_gap: float
    """L at the start less L at the minimum."""
    momentum: float
    tolerance: float
    curvature: float
    """L'' at the minimum."""
    functions: dict[str, Walks]
    """`line` (L of one variable), `quadratic` and `rosenbrock`."""
    regimes: list[Walk]
    """By the learning rates of plain gradient descent on L."""
    bowls: list[Bowl]
    derivatives: Derivatives
    optimizers: list[Agreement]
