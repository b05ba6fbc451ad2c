"""Plain convolutional networks: blocks of 3 x 3 convolutions, each halving the image."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from nnlabs.core.fields import Count, Flag, Fraction
from nnlabs.models import activations
from nnlabs.models.activations import ActivationName, activation
from nnlabs.models.base import NetworkSettings
from nnlabs.models.layers import Dropout, Normalize, halved


class Settings(NetworkSettings):
    channels: Annotated[tuple[Count, ...], Field(min_length=1)]
    """Channels of each block; a block ends in a 2 x 2 max-pooling."""
    convolutions: Count = 1
    """3 x 3 convolutions in a block."""
    hidden: tuple[Count, ...] = ()
    """Sizes of fully connected layers between the last block and the output."""
    activation: ActivationName = "relu"
    dropout: Fraction = 0.0
    """Before each fully connected layer."""
    batch_norm: Flag = False

    def modules(self) -> tuple[str, ...]:
        return (activations.module(self.activation),)


class CNN(nn.Module):
    """Blocks of convolutions, then fully connected layers.

    A block's last convolution is pooled before normalisation and activation: for a monotone
    activation that is the same function at a quarter of the work.
    """

    def __init__(
        self, settings: Settings, shape: Sequence[int], classes: int, mean: Sequence[float], std: Sequence[float]
    ) -> None:
        super().__init__()
        self.normalize = Normalize(mean, std)
        blocks: list[nn.Module] = []
        for inputs, outputs in pairwise([shape[0], *settings.channels]):
            for i in range(settings.convolutions):
                blocks.append(
                    nn.Conv2d(inputs if i == 0 else outputs, outputs, 3, padding=1, bias=not settings.batch_norm)
                )
                if i == settings.convolutions - 1:
                    blocks.append(nn.MaxPool2d(2))
                if settings.batch_norm:
                    blocks.append(nn.BatchNorm2d(outputs))
                blocks.append(activation(settings.activation)())
        self.blocks = nn.Sequential(*blocks)
        height, width = halved(shape, len(settings.channels))
        sizes = [settings.channels[-1] * height * width, *settings.hidden]
        head: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            head += [Dropout(settings.dropout), nn.Linear(inputs, outputs), activation(settings.activation)()]
        self.head = nn.Sequential(*head, Dropout(settings.dropout))
        self.output = nn.Linear(sizes[-1], classes)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> Tensor:  # N x C x H x W, uint8
        x = self.normalize(images).contiguous(memory_format=torch.channels_last)
        x = self.blocks(x).flatten(1)  # N x (C' H/2^b W/2^b)
        logits: Tensor = self.output(self.head(x))  # N x classes
        return logits


build = CNN
