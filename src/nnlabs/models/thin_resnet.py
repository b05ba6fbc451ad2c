"""Residual networks for small images: ResNet-18's blocks behind a 3 x 3 stem, as wide as there is time for.

The blocks are those of `resnet`. K. He et al., "Deep Residual Learning for Image Recognition" (2016), give images of 32
pixels such a stem in section 4.2: the published one, made for 224 pixels, would leave 8 x 8 of them to the first block.
"""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlabs.core.fields import Count
from nnlabs.models.base import NetworkSettings
from nnlabs.models.layers import Convolution, Normalize, he_normal_
from nnlabs.models.resnet import Basic

LAYERS = 4
"""Of which each but the first halves the image and doubles the channels."""


class Settings(NetworkSettings):
    any_size: ClassVar[bool] = True
    width: Count
    """Channels of the stem and of the first layer's blocks; ResNet-18 has 64."""
    blocks: Count = 2
    """In each of the four layers; ResNet-18 has two."""


class ThinResNet(nn.Module):
    """A stem, four layers of blocks, and a linear output of the mean over the image."""

    def __init__(
        self, settings: Settings, shape: Sequence[int], classes: int, mean: Sequence[float], std: Sequence[float]
    ) -> None:
        super().__init__()
        self.normalize = Normalize(mean, std)
        inputs = settings.width
        self.stem = Convolution(shape[0], inputs, 3)
        self.norm = nn.BatchNorm2d(inputs)
        self.layers = nn.Sequential()
        for i in range(LAYERS):
            channels = settings.width << i
            layer = nn.Sequential()
            for j in range(settings.blocks):
                layer.append(Basic(inputs, channels, stride=2 if i and not j else 1))
                inputs = channels
            self.layers.append(layer)
        self.output = nn.Linear(inputs, classes)
        self.apply(he_normal_)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> Tensor:  # N x C x H x W, uint8
        x = self.normalize(images).contiguous(memory_format=torch.channels_last)
        x = self.layers(F.relu_(self.norm(self.stem(x))))  # N x 8 width x H/8 x W/8
        logits: Tensor = self.output(x.mean((2, 3)))  # N x classes
        return logits


build = ThinResNet
