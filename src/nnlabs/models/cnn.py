"""Plain convolutional networks: blocks of 3 x 3 convolutions, each halving the image."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from nnlabs import config as params
from nnlabs.models.layers import ACTIVATIONS, Dropout, Normalize, halved


class CNN(nn.Module):
    """Blocks of convolutions, then fully connected layers.

    A block's last convolution is pooled before normalisation and activation: for a monotone
    activation that is the same function at a quarter of the work.
    """

    def __init__(
        self, arm: params.CNN, shape: Sequence[int], classes: int, mean: Sequence[float], deviation: Sequence[float]
    ) -> None:
        super().__init__()
        self.normalize = Normalize(mean, deviation)
        blocks: list[nn.Module] = []
        for inputs, outputs in pairwise([shape[0], *arm.channels]):
            for i in range(arm.convolutions):
                blocks.append(nn.Conv2d(inputs if i == 0 else outputs, outputs, 3, padding=1, bias=not arm.batch_norm))
                if i == arm.convolutions - 1:
                    blocks.append(nn.MaxPool2d(2))
                if arm.batch_norm:
                    blocks.append(nn.BatchNorm2d(outputs))
                blocks.append(ACTIVATIONS[arm.activation]())
        self.blocks = nn.Sequential(*blocks)
        height, width = halved(shape, len(arm.channels))
        sizes = [arm.channels[-1] * height * width, *arm.hidden]
        head: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            head += [Dropout(arm.dropout), nn.Linear(inputs, outputs), ACTIVATIONS[arm.activation]()]
        self.head = nn.Sequential(*head, Dropout(arm.dropout))
        self.output = nn.Linear(sizes[-1], classes)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> Tensor:  # N x C x H x W, uint8
        x = self.normalize(images).contiguous(memory_format=torch.channels_last)
        x = self.blocks(x).flatten(1)  # N x (C' H/2^b W/2^b)
        logits: Tensor = self.output(self.head(x))  # N x classes
        return logits


build = CNN
