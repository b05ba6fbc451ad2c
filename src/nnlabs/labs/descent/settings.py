"""What `labs.descent` of params.yaml may say."""

from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from nnlabs.core.fields import Count, Fraction, Frozen, Number, Rate
from nnlabs.labs.common.portable import Portable

Condition = Annotated[Number, Field(ge=1)]


class Rates(Frozen):
    """Learning rates, evenly spaced on a logarithmic scale."""

    lowest: Rate
    highest: Rate
    number: Count

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.number > 1 and self.highest <= self.lowest:
            raise ValueError(f"highest: {self.highest:g} found; more than lowest, {self.lowest:g}, is needed")
        return self

    @property
    def values(self) -> tuple[float, ...]:
        """With two digits, as the page shows them."""
        return tuple(float(f"{rate:.2g}") for rate in np.geomspace(self.lowest, self.highest, self.number))


class Plane(Frozen):
    """A walk over a function of two variables."""

    start: tuple[Number, Number]


class Bowl(Plane):
    condition: Condition
    """How much steeper it is along y than along x."""
    conditions: Annotated[tuple[Condition, ...], Field(min_length=1)]
    """Of bowls over which gradient descent and momentum are compared."""


class Settings(Portable):
    start: Number
    """Where every walk along L begins."""
    tolerance: Rate
    """A walk ends when L changes by less."""
    iterations: Count
    """The most steps of a walk."""
    momentum: Annotated[Fraction, Field(gt=0)]
    rates: Rates
    """What each method tries on each function."""
    regimes: Annotated[dict[str, Rate], Field(min_length=1)]
    """Learning rates of plain gradient descent, by what they shall show."""
    quadratic: Bowl
    rosenbrock: Plane
    agreement_steps: Count
    """Steps over which our optimizers are compared with torch.optim."""
