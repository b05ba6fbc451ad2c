"""What the functions gave, for the page."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Row:
    """A function or its derivative at the points of the settings."""

    name: str
    what: Literal["value", "derivative"]
    values: list[float]


@dataclass(frozen=True)
class Agreement:
    """The largest difference to PyTorch's function, and of the derivative to autograd's."""

    name: str
    value: float
    derivative: float


@dataclass(frozen=True)
class Killed:
    """A ReLU network after training at one learning rate, a number a seed."""

    lr: float
    dead: list[int]
    """Units that are 0 for every point."""
    accuracy: list[float]


@dataclass(frozen=True)
class Revived:
    """Units that began silent, over all seeds, and how many of them training brought back."""

    name: str
    optimizer: str
    silent: int
    back: int


@dataclass(frozen=True)
class Results:
    table: list[Row]
    elu: dict[str, list[float]]
    """ELU at its points, with alpha 1, and what it is compared with."""
    neuron: dict[str, float]
    """Every number on the way from z to what each function makes of it."""
    errors: list[Agreement]
    extremes: dict[str, list[float]]
    """Each function at -10,000 and 10,000, then its derivative."""
    largest_derivative_of_sigmoid: float
    units: int
    """Of the network whose units die."""
    killed: list[Killed]
    revived: list[Revived]
