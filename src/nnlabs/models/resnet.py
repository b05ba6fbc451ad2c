"""Residual networks of 18, 34 and 50 layers.

K. He et al., "Deep Residual Learning for Image Recognition" (2016), table 1; a bottleneck halves
the image in its 3 x 3 convolution, as is usual since. The layers have torchvision's names, so
that weights go there and back.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlabs.models.base import NetworkSettings
from nnlabs.models.layers import Convolution, Normalize, he_normal_


class Block(nn.Module):
    """y = relu(F(x) + x), where x goes through a 1 x 1 convolution if F changes its shape."""

    expansion: ClassVar[int]
    """Channels that come out, for one within."""

    def __init__(self, inputs: int, channels: int, stride: int) -> None:
        super().__init__()
        outputs = self.expansion * channels
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            projection = Convolution(inputs, outputs, 1, stride)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(outputs))

    def residual(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:  # N x C x H x W -> N x C' x H/stride x W/stride
        return F.relu_(self.residual(x).add_(self.downsample(x)))


class Basic(Block):
    """Two 3 x 3 convolutions."""

    expansion = 1

    def __init__(self, inputs: int, channels: int, stride: int) -> None:
        super().__init__(inputs, channels, stride)
        self.conv1 = Convolution(inputs, channels, 3, stride)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = Convolution(channels, channels, 3)
        self.bn2 = nn.BatchNorm2d(channels)

    def residual(self, x: Tensor) -> Tensor:
        x = F.relu_(self.bn1(self.conv1(x)))
        x = self.bn2(self.conv2(x))
        return x


class Bottleneck(Block):
    """A 1 x 1 convolution to a quarter of the channels, a 3 x 3, and a 1 x 1 back."""

    expansion = 4

    def __init__(self, inputs: int, channels: int, stride: int) -> None:
        super().__init__(inputs, channels, stride)
        self.conv1 = Convolution(inputs, channels, 1)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = Convolution(channels, channels, 3, stride)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = Convolution(channels, 4 * channels, 1)
        self.bn3 = nn.BatchNorm2d(4 * channels)

    def residual(self, x: Tensor) -> Tensor:
        x = F.relu_(self.bn1(self.conv1(x)))
        x = F.relu_(self.bn2(self.conv2(x)))
        x = self.bn3(self.conv3(x))
        return x


LAYERS: dict[int, tuple[type[Block], tuple[int, int, int, int]]] = {
    18: (Basic, (2, 2, 2, 2)),
    34: (Basic, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
}
"""The block of each depth, and how many there are in each of the four layers."""
CHANNELS = (64, 128, 256, 512)
"""Within the blocks of each layer."""


class Settings(NetworkSettings):
    any_size: ClassVar[bool] = True
    depth: Literal[18, 34, 50]
    """Layers with weights: basic blocks in the first two, bottleneck blocks in the third."""
    stem: Literal["small", "large"]
    """small: a 3 x 3 convolution, for images of about 32 pixels; large: 7 x 7, stride 2, and pooling, as published."""


class ResNet(nn.Module):
    """A stem, four layers of blocks, of which all but the first halve the image, and a linear output."""

    def __init__(
        self, settings: Settings, shape: Sequence[int], classes: int, mean: Sequence[float], std: Sequence[float]
    ) -> None:
        super().__init__()
        self.normalize = Normalize(mean, std)
        inputs = CHANNELS[0]
        self.maxpool: nn.Module
        if settings.stem == "large":
            self.conv1 = Convolution(shape[0], inputs, 7, stride=2)
            self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        else:
            self.conv1 = Convolution(shape[0], inputs, 3)
            self.maxpool = nn.Identity()
        self.bn1 = nn.BatchNorm2d(inputs)
        block, counts = LAYERS[settings.depth]
        for i, (count, channels) in enumerate(zip(counts, CHANNELS, strict=True), start=1):
            layer = nn.Sequential()
            for j in range(count):
                layer.append(block(inputs, channels, stride=2 if i > 1 and j == 0 else 1))
                inputs = block.expansion * channels
            setattr(self, f"layer{i}", layer)
        self.fc = nn.Linear(inputs, classes)
        self.apply(he_normal_)

    layer1: nn.Sequential
    layer2: nn.Sequential
    layer3: nn.Sequential
    layer4: nn.Sequential

    @property
    def output(self) -> nn.Linear:
        """The last layer, by the name that it has in every family."""
        return self.fc

    def forward(self, images: Tensor) -> Tensor:  # N x C x H x W, uint8
        # The weights stay as they are: fused Adam would copy channels-last ones there and back.
        x = self.normalize(images).contiguous(memory_format=torch.channels_last)
        x = self.maxpool(F.relu_(self.bn1(self.conv1(x))))  # N x 64 x H/4 x W/4, or of full size
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))  # N x C' x H/32 x W/32, or H/8 x W/8
        logits: Tensor = self.fc(x.mean((2, 3)))  # N x classes
        return logits


build = ResNet
