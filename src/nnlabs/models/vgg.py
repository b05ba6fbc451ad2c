"""VGG-style networks: blocks of several 3 x 3 convolutions, then wide fully connected layers.

After K. Simonyan and A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
Recognition" (2015), with batch normalisation, which they did not have.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from nnlabs.core.fields import Count, Flag, Fraction
from nnlabs.models.base import NetworkSettings
from nnlabs.models.layers import Dropout, Normalize, halved, he_normal_


class Settings(NetworkSettings):
    blocks: Annotated[tuple[Annotated[tuple[Count, ...], Field(min_length=1)], ...], Field(min_length=1)]
    """Channels of each 3 x 3 convolution, block by block; a block ends in a 2 x 2 max-pooling."""
    hidden: tuple[Count, ...] = ()
    """Sizes of the fully connected layers before the output."""
    dropout: Fraction = 0.0
    """After each fully connected layer."""
    batch_norm: Flag = True


class VGG(nn.Module):
    """Blocks that each end in a 2 x 2 max-pooling, hidden layers with dropout, and a linear output.

    A block's last convolution is pooled before normalisation and activation, which is the same
    function at a quarter of the work.
    """

    def __init__(
        self, settings: Settings, shape: Sequence[int], classes: int, mean: Sequence[float], std: Sequence[float]
    ) -> None:
        super().__init__()
        self.normalize = Normalize(mean, std)
        layers: list[nn.Module] = []
        inputs, height, width = shape[0], *halved(shape, len(settings.blocks))
        for block in settings.blocks:
            for i, outputs in enumerate(block, start=1):
                layers.append(nn.Conv2d(inputs, outputs, 3, padding=1, bias=not settings.batch_norm))
                if i == len(block):
                    layers.append(nn.MaxPool2d(2))
                if settings.batch_norm:
                    layers.append(nn.BatchNorm2d(outputs))
                layers.append(nn.ReLU(inplace=True))
                inputs = outputs
        self.blocks = nn.Sequential(*layers)
        sizes = [inputs * height * width, *settings.hidden]
        hidden: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            hidden += [nn.Linear(inputs, outputs), nn.ReLU(inplace=True), Dropout(settings.dropout)]
        self.hidden = nn.Sequential(*hidden)
        self.output = nn.Linear(sizes[-1], classes)
        self.apply(he_normal_)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> Tensor:  # N x C x H x W, uint8
        x = self.normalize(images).contiguous(memory_format=torch.channels_last)
        x = self.blocks(x).flatten(1)  # N x (C' H/2^b W/2^b)
        logits: Tensor = self.output(self.hidden(x))  # N x classes
        return logits


build = VGG
