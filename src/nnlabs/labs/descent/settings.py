"""What `labs.descent` of params.yaml may say."""

from typing import Annotated, Literal

from pydantic import Field

from nnlabs.core.fields import Count, Fraction, Frozen, Number, Rate

Method = Literal["sgd", "momentum", "nesterov", "adam", "adamax"]


class Plane(Frozen):
    """A walk over a function of two variables."""

    start: tuple[Number, Number]
    rates: Annotated[dict[Method, Rate], Field(min_length=1)]


class Settings(Frozen):
    start: Number
    """Where every walk along L begins."""
    tolerance: Rate
    """A walk ends when L changes by less."""
    iterations: Count
    """The most steps of a walk."""
    momentum: Fraction
    rates: Annotated[dict[Method, Rate], Field(min_length=1)]
    """The learning rate of each method on L."""
    regimes: Annotated[dict[str, Rate], Field(min_length=1)]
    """Learning rates of plain gradient descent, by what they shall show."""
    condition: Annotated[Number, Field(ge=1)]
    """How much steeper the quadratic bowl is along y than along x."""
    quadratic: Plane
    rosenbrock: Plane
    agreement_steps: Count
    """Steps over which our optimizers are compared with torch.optim."""
