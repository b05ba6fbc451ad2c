"""What `labs.byhand` of params.yaml may say."""

from typing import Literal

from nnlabs.core.fields import Count, Rate, Seeds
from nnlabs.labs.common.portable import Portable


class Settings(Portable):
    images: Count
    """Training images: the first of the training part."""
    channels: tuple[Count, Count]
    """Of the two convolutions."""
    kernel: Count
    batch_size: Count
    epochs: Count
    optimizer: Literal["sgd", "momentum", "nesterov", "adam", "adamax"]
    lr: Rate
    compared_steps: Count
    """First steps whose losses are compared with PyTorch's."""
    seeds: Seeds
