"""What `labs.backprop` of params.yaml may say."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from nnlabs.core.fields import Frozen, Number, PrintedNumber, Rate, one_of
from nnlabs.labs.common.portable import Portable
from nnlabs.scratch import activations


class Printed(Frozen):
    """A figure that the source printed of an example."""

    example: str
    quantity: str
    printed: PrintedNumber


class Worked(Frozen):
    """A network small enough to compute by hand."""

    x: Annotated[tuple[Number, ...], Field(min_length=1)]
    y: Number | None = None
    """The target; without one only the forward pass is computed."""
    weights: Annotated[tuple[tuple[tuple[Number, ...], ...], ...], Field(min_length=1)]
    """A matrix a layer, outputs x inputs."""
    biases: tuple[tuple[Number, ...], ...]
    activations: tuple[Annotated[str, one_of(activations.names)], ...]
    """One a layer, the output's last."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not len(self.weights) == len(self.biases) == len(self.activations):
            raise ValueError("weights, biases and activations need one entry a layer each")
        inputs = len(self.x)
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True), 1):
            if len(weight) != len(bias) or any(len(row) != inputs for row in weight):
                raise ValueError(f"layer {layer}: {len(bias)} rows of {inputs} weights are needed, as many as biases")
            inputs = len(bias)
        return self


class Settings(Portable):
    lr: Rate
    """Of the one step that is taken after the backward pass."""
    examples: Annotated[dict[str, Worked], Field(min_length=1)]

    def modules(self) -> tuple[str, ...]:
        """The activations, which are imported by name."""
        used = {name for worked in self.examples.values() for name in worked.activations}
        return tuple(activations.module(name) for name in sorted(used))
