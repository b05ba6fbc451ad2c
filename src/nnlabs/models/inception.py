"""Inception-style networks: every module looks at its input through windows of several sizes at once.

After C. Szegedy et al., "Going Deeper with Convolutions" (2015), with the batch normalisation
of its successor (Ioffe and Szegedy 2015) and without the auxiliary outputs.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nnlabs import config as params
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


class Inception(nn.Module):
    """A convolution, blocks of modules with a halving between them, the mean over the image, a linear output."""

    def __init__(
        self,
        arm: params.Inception,
        shape: Sequence[int],
        classes: int,
        mean: Sequence[float],
        deviation: Sequence[float],
    ) -> None:
        super().__init__()
        self.normalize = Normalize(mean, deviation)
        halved(shape, len(arm.blocks) - 1)
        self.stem = _convolution(shape[0], arm.stem, 3)
        layers: list[nn.Module] = []
        inputs = arm.stem
        for i, block in enumerate(arm.blocks):
            if i:
                layers.append(nn.MaxPool2d(2))
            for outputs in block:
                layers.append(Module(inputs, outputs))
                inputs = outputs
        self.blocks = nn.Sequential(*layers)
        self.dropout = Dropout(arm.dropout)
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
