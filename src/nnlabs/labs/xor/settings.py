"""What `labs.xor` of params.yaml may say."""

from typing import Annotated

from pydantic import Field

from nnlabs.core.fields import Count, Frozen, Number, Rate, Seeds
from nnlabs.labs.common.portable import Portable


class Corners(Frozen):
    """Noisy corners of the unit square."""

    hidden: Count
    lr: Rate
    iterations: Count
    points: Annotated[Count, Field(ge=4)]
    """To train on, and as many again that are held out."""
    noise: Annotated[Number, Field(ge=0)]
    """Standard deviation of each coordinate."""
    seeds: Seeds


class Rates(Frozen):
    """The learning rate of each output layer."""

    regressed: Rate
    softmax: Rate


class FourClasses(Frozen):
    """A class a corner: one output regressed on the class index, and a softmax of four."""

    hidden: Count
    rates: Rates
    epochs: Count
    batch_size: Count
    points: Annotated[Count, Field(ge=4)]
    noise: Annotated[Number, Field(ge=0)]
    seeds: Seeds


class Settings(Portable):
    corners: Corners
    classes: FourClasses
