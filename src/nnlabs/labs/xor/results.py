"""What the networks got right, for the page, and the plane that both sides mean."""

from dataclasses import dataclass

import numpy as np

GRID = np.linspace(-0.5, 1.5, 81)
"""Where boundaries are drawn, along each axis."""
AROUND = np.array([[0, 1], [3, 2]])
"""The class of corner (x1, x2): counted around the square, so that the first and the last are neighbours."""
CORNERS: list[tuple[float, float]] = [
    (int(x1), int(x2)) for k in range(4) for x1, x2 in np.argwhere(np.equal(AROUND, k))
]
"""The corner of each class."""


@dataclass(frozen=True)
class CornerRun:
    """One seed: accuracies on held-out points, and the network's loss before and after."""

    seed: int
    network: float
    line: float
    first_loss: float
    last_loss: float


@dataclass(frozen=True)
class Pair:
    """A network with two hidden units, small enough to be drawn: what it learnt from one seed."""

    seed: int
    accuracy: float
    lines: list[list[float]]
    """Of each hidden unit w1, w2 and b; its line is where w1 x1 + w2 x2 + b = 0."""
    output: list[float]
    """v1, v2 and c; in the space of the hidden outputs its line is where v1 h1 + v2 h2 + c = 0."""


@dataclass(frozen=True)
class Corners:
    hidden: int
    """Units of the network."""
    parameters: int
    runs: list[CornerRun]
    pairs: list[Pair]
    """By seed."""


@dataclass(frozen=True)
class Example:
    """What a network says of one point."""

    x: tuple[float, float]
    output: list[float]
    """One number, or the probabilities of the classes."""
    predicted: int


@dataclass(frozen=True)
class Output:
    """A network with one kind of output layer, held to held-out points."""

    accuracy: float
    per_class: list[float]
    """nan of a class without points."""
    parameters: int
    examples: list[Example]
    """The corners, and half-way between the first class and the last; of the first seed alone."""


@dataclass(frozen=True)
class ClassRun:
    """One seed."""

    seed: int
    regressed: Output
    softmax: Output


@dataclass(frozen=True)
class Count:
    """How many parameters a fully connected network has."""

    sizes: list[int]
    parameters: int


@dataclass(frozen=True)
class Results:
    corners: Corners
    classes: list[ClassRun]
    counts: list[Count]
