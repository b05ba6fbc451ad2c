"""Inception-style networks: every module looks at its input through windows of several sizes at once.

After C. Szegedy et al., "Going Deeper with Convolutions" (2015), with the batch normalisation
of its successor (Ioffe and Szegedy 2015) and without the auxiliary outputs.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from nnlabs.core.fields import Count, Fraction
from nnlabs.models.base import NetworkSettings
from nnlabs.models.layers import Dropout, Normalize, halved, he_normal_


class Module(nn.Module):
    """Four branches on the same input, whose outputs are put side by side.

    The channels are shared as in GoogLeNet's first module, of 256: 64 from a 1 x 1 convolution,
    128 from a 3 x 3, 32 from a 5 x 5, 32 from a max-pooling. The 3 x 3 and the 5 x 5 see 96 and 16
    channels that a 1 x 1 makes of the input, for they would cost too much on all of it.
    """

    def __init__(self, inputs: int, outputs: int) -> None:  # outputs: a multiple of 16
        super().__init__()
        part = outputs // 16
        self.one = _convolution(inputs, 4 * part, 1)
        self.three = nn.Sequential(_convolution(inputs, 6 * part, 1), _convolution(6 * part, 8 * part, 3))
        self.five = nn.Sequential(_convolution(inputs, part, 1), _convolution(part, 2 * part, 5))
        self.pooled = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), _convolution(inputs, 2 * part, 1))

    def forward(self, x: Tensor) -> Tensor:  # N x C x H x W -> N x C' x H x W
        return torch.cat([self.one(x), self.three(x), self.five(x), self.pooled(x)], dim=1)


class Settings(NetworkSettings):
    any_size: ClassVar[bool] = True
    stem: Count
    """Channels of the first convolution."""
    blocks: Annotated[
        tuple[Annotated[tuple[Annotated[Count, Field(multiple_of=16)], ...], Field(min_length=1)], ...],
        Field(min_length=1),
    ]
    """Output channels of each module, block by block; a 2 x 2 max-pooling stands between blocks. A module's branches
    share its channels as GoogLeNet's first does: a quarter 1 x 1, a half 3 x 3, an eighth 5 x 5, an eighth pooled."""
    dropout: Fraction = 0.0
    """Before the output."""


class Inception(nn.Module):
    """A convolution, blocks of modules with a halving between them, the mean over the image, a linear output."""

    def __init__(
        self,
        settings: Settings,
        shape: Sequence[int],
        classes: int,
        mean: Sequence[float],
        std: Sequence[float],
    ) -> None:
        super().__init__()
        self.normalize = Normalize(mean, std)
        halved(shape, len(settings.blocks) - 1)
        self.stem = _convolution(shape[0], settings.stem, 3)
        layers: list[nn.Module] = []
        inputs = settings.stem
        for i, block in enumerate(settings.blocks):
            if i:
                layers.append(nn.MaxPool2d(2))
            for outputs in block:
                layers.append(Module(inputs, outputs))
                inputs = outputs
        self.blocks = nn.Sequential(*layers)
        self.dropout = Dropout(settings.dropout)
        self.output = nn.Linear(inputs, classes)
        self.apply(he_normal_)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> Tensor:  # N x C x H x W, uint8
        x = self.normalize(images).contiguous(memory_format=torch.channels_last)
        x = self.blocks(self.stem(x)).mean((2, 3))  # N x C'
        logits: Tensor = self.output(self.dropout(x))  # N x classes
        return logits


def _convolution(inputs: int, outputs: int, size: int) -> nn.Sequential:
    """A convolution that keeps the image's size, normalised and rectified."""
    convolution = nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


build = Inception
