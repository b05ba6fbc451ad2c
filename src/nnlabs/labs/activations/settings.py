"""What `labs.activations` of params.yaml may say."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from nnlabs.core.fields import Count, Frozen, Number, PrintedNumber, Rate, Seeds
from nnlabs.labs.common.portable import Portable


class Printed(Frozen):
    """A figure that the source printed, of a function or its derivative at z, or of the neuron."""

    function: str
    quantity: str
    z: Number | None = None
    printed: PrintedNumber


class Dying(Frozen):
    """A small network of which units die."""

    units: Count
    points: Count
    steps: Count
    rates: Annotated[tuple[Rate, ...], Field(min_length=1)]
    """At which a ReLU network is trained."""
    bias: Number
    """With which the units begin that may come back."""
    seeds: Seeds


class Settings(Portable):
    points: Annotated[tuple[Number, ...], Field(min_length=1)]
    """Where the functions and their derivatives are tabled."""
    elu_points: Annotated[tuple[Number, ...], Field(min_length=1)]
    alphas: Annotated[tuple[Rate, ...], Field(min_length=1)]
    """ELU's alpha, swept."""
    slope: Rate
    """Leaky ReLU's."""
    limit: Rate
    """Plots and the check against autograd go from -limit to limit."""
    inputs: tuple[Number, ...]
    weights: tuple[Number, ...]
    bias: Number
    """One neuron, worked by hand."""
    dying: Dying

    @model_validator(mode="after")
    def _one_weight_an_input(self) -> Self:
        if len(self.inputs) != len(self.weights):
            raise ValueError(f"weights: {len(self.weights)} found for {len(self.inputs)} inputs; one each is needed")
        return self
