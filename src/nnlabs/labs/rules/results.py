"""What the measurements of rules of thumb left for the page; lists have an entry a seed."""

from dataclasses import dataclass
from math import isfinite

from nnlabs.labs.common.means import Difference

HOLDS, PARTLY, FAILS, OPEN = "holds", "holds in part", "does not hold", "cannot tell"
"""Verdicts: of these networks and this data."""


@dataclass(frozen=True)
class Trained:
    """Two hidden layers of one activation, trained with one rate."""

    activation: str
    rate: float
    bias: float
    """Of the hidden units at the start."""
    dead: list[float]
    """The part of the hidden units that are 0 or less for every training image, at the end."""
    loss: list[float | None]
    """On the training images, at the end; None where it overflowed."""
    reached: list[int | None]
    """Steps until the loss had been reached; None where it was not."""
    accuracy: list[float]
    """On validation."""
    zeros: list[float]
    """The part of all outputs of hidden units that are exactly 0, on validation images."""

    @property
    def arrived(self) -> bool:
        """Whether every seed reached the loss."""
        return None not in self.reached


@dataclass(frozen=True)
class Width:
    """One hidden layer of ReLU."""

    units: int
    weights: int
    """Biases among them."""
    train: list[float]
    """Accuracy."""
    validation: list[float]
    loss: list[float]
    """On validation, at the end."""
    lowest: list[float]
    """On validation, the lowest of all looks at it."""


@dataclass(frozen=True)
class Start:
    """One hidden layer that begins with equal or with random weights."""

    apart: list[float]
    """The largest difference between two units' weights at the end, as a part of the largest weight."""
    accuracy: list[float]


@dataclass(frozen=True)
class Scale:
    """The deep network with He's weights times a factor."""

    factor: float
    gradient: list[float | None]
    """Norm of the first layer's dL/dW at the start."""
    first: list[float | None]
    """Training loss at the first step."""
    last: list[float | None]
    """Its mean over the last steps; None where numbers overflowed."""

    @property
    def ended(self) -> int:
        """Seeds whose numbers did not overflow."""
        return sum(each is not None and isfinite(each) for each in self.last)


@dataclass(frozen=True)
class Method:
    """How one way of descending does on XOR's smallest network, at the best of its rates."""

    name: str
    rate: float
    solved: list[float]
    """The part of a seed's starts from which all four corners come out right."""


@dataclass(frozen=True)
class Ends:
    """Where gradient descent ended in all other starts; an entry each."""

    loss: list[float]
    gradient: list[float]
    """Its norm."""
    lowest: list[float]
    """Eigenvalue of the Hessian."""
    highest: list[float]
    downhill: int
    """Ends with an eigenvalue below 0: a saddle has one, a minimum or a valley's floor has none."""


@dataclass(frozen=True)
class Stuck:
    starts: int
    """Of all seeds."""
    methods: list[Method]
    """Gradient descent first."""
    ends: Ends


@dataclass(frozen=True)
class Claim:
    """A sentence of a source, what was measured of it, and whether it holds here."""

    key: str
    claim: str
    """Translated."""
    source: str
    measured: str
    verdict: str


@dataclass(frozen=True)
class Measured:
    """The numbers, before anything is said of them."""

    inputs: int
    classes: int
    images: int
    """Of validation."""
    trained: list[Trained]
    widths: list[Width]
    """Rising."""
    rules: dict[str, int]
    """The units that each rule of thumb says: `two-thirds`, `root`."""
    equal: Start
    random: Start
    scales: list[Scale]
    unclipped: Scale
    clipped: Scale
    stuck: Stuck
    differences: dict[str, Difference]
    """What is compared, by a name."""

    def of(self, activation: str, rate: float, bias: float = 0.0) -> Trained:
        return next(
            each for each in self.trained if (each.activation, each.rate, each.bias) == (activation, rate, bias)
        )

    @property
    def rates(self) -> list[float]:
        return sorted({each.rate for each in self.trained})

    def best(self, activation: str) -> Trained:
        """With the rate of the lowest training loss, mean over seeds."""
        return min((each for each in self.trained if each.activation == activation and not each.bias), key=_loss)

    def width(self, units: int) -> Width:
        return next(each for each in self.widths if each.units == units)


@dataclass(frozen=True)
class Results:
    measured: Measured
    claims: list[Claim]


def _loss(each: Trained) -> float:
    known = [loss for loss in each.loss if loss is not None]
    return sum(known) / len(known) if len(known) == len(each.loss) else float("inf")
