"""What `labs.regression` of params.yaml may say."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from nnlabs.core.fields import Count, Frozen, Number, Rate, Seeds
from nnlabs.labs.common.portable import Portable


class Curve(Frozen):
    """A network that learns a curve from points."""

    hidden: Annotated[tuple[Count, ...], Field(min_length=1)]
    lr: Rate
    iterations: Count
    points: Annotated[Count, Field(ge=2)]
    """Distinct x, evenly from -limit up to limit."""
    limit: Rate
    repeats: Count = 1
    """Noisy values at each of them."""
    noise: Annotated[Number, Field(ge=0)]
    """Standard deviation."""
    seeds: Seeds
    snapshots: Annotated[tuple[Count, ...], Field(min_length=1)]
    """Iterations after which the curve is kept."""

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if list(self.snapshots) != sorted(set(self.snapshots)) or self.snapshots[-1] > self.iterations:
            raise ValueError(f"snapshots: {list(self.snapshots)} found; allowed: rising, up to {self.iterations}")
        return self


class Settings(Portable):
    sigmoid: Curve
    """By hand: one hidden layer, ReLU, full-batch gradient descent."""
    cosine: Curve
    """In PyTorch: three fully connected layers, tanh, Adam."""

    @model_validator(mode="after")
    def _one_hidden_layer(self) -> Self:
        if len(self.sigmoid.hidden) != 1:
            raise ValueError("sigmoid.hidden: the loop by hand has one hidden layer; a list of one size is needed")
        return self
