"""What `labs.rules` of params.yaml may say."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from nnlabs.core.fields import Count, Frozen, Number, Rate, Seeds


class Deep(Frozen):
    """The deep network, in which what is a little too small or too large in a layer shows."""

    layers: Count
    """Hidden ones."""
    factors: tuple[Rate, Rate, Rate]
    """Of He's standard deviation: too small, as it is, too large."""
    unstable: Rate
    """The factor with which clipping is tried."""
    clip: Rate
    """The largest norm of all gradients together that clipping lets pass."""
    lr: Rate
    """Of plain gradient descent."""


class Starts(Frozen):
    """XOR's smallest network, from many starts."""

    starts: Count
    """Of each seed."""
    steps: Count
    rates: Annotated[tuple[Rate, ...], Field(min_length=1)]
    """Of gradient descent, on all four corners or on one at a time, with momentum or without."""
    adam: Annotated[tuple[Rate, ...], Field(min_length=1)]
    momentum: Annotated[Number, Field(ge=0, lt=1)]


class Settings(Frozen):
    images: Count
    """Training images: the first of the training part."""
    batch_size: Count
    steps: Count
    hidden: Count
    """Units of every hidden layer, but where sizes are compared."""
    rates: Annotated[tuple[Rate, ...], Field(min_length=2)]
    """Adam's, rising; the first is the usual one."""
    bias: Number
    """At the start, of the hidden units that are made to begin closed."""
    reached: Rate
    """A training loss below this has been reached."""
    equal: Rate
    """The one value of all initial weights."""
    sizes: Annotated[tuple[Count, ...], Field(min_length=1)]
    """Of the hidden layer, beside those of the two rules."""
    deep: Deep
    stuck: Starts
    seeds: Seeds

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if list(self.rates) != sorted(set(self.rates)):
            raise ValueError(f"rates: {list(self.rates)} found; allowed: rising ones, that differ")
        if self.batch_size > self.images:
            raise ValueError(f"batch_size: {self.batch_size} found; allowed: up to images, {self.images}")
        return self
