"""A small convolutional network that learns CIFAR-10 in a few epochs.

After K. Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (2024): a fixed first
layer that whitens 2 x 2 patches, three blocks of two convolutions, and a scaled linear output.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nnlabs.core.errors import UserError
from nnlabs.core.fields import Count, Flag
from nnlabs.models import activations
from nnlabs.models.activations import ActivationName, activation
from nnlabs.models.base import NetworkSettings
from nnlabs.models.layers import Normalize

PATCH = 2
"""Side of the patches that the first layer whitens, pixels."""
SAMPLE = 5000
"""Images whose patches are looked at."""


class Settings(NetworkSettings):
    any_size: ClassVar[bool] = True
    channels: tuple[Count, Count, Count]
    """Channels of the three blocks after the whitening layer."""
    activation: ActivationName = "relu"
    norm_scale: Flag = True
    """Whether batch normalisation learns a scale beside its shift."""

    def modules(self) -> tuple[str, ...]:
        return (activations.module(self.activation),)


class Whitened(nn.Module):
    """Whitening convolution, three blocks of (convolution, pooling, convolution), linear output."""

    def __init__(
        self,
        settings: Settings,
        shape: Sequence[int],
        classes: int,
        mean: Sequence[float],
        std: Sequence[float],
    ) -> None:
        super().__init__()
        least = 2 ** len(settings.channels) + PATCH - 1
        if min(shape[1:]) < least:
            seen = f"{shape[1]} x {shape[2]} pixels"
            raise UserError(f"{seen} are too few for a whitened network, {least} x {least} are needed")
        self.normalize = Normalize(mean, std)
        patch = shape[0] * PATCH**2
        # Both signs of every eigenvector, so that ReLU loses nothing. Fixed, and without a bias to learn: no
        # gradient has to go back through the largest images of the network.
        self.whitening = nn.Conv2d(shape[0], 2 * patch, PATCH, bias=False)
        self.whitening.weight.requires_grad = False
        activated = activation(settings.activation)
        self.activation = activated()
        blocks: list[nn.Module] = []
        for inputs, outputs in pairwise([2 * patch, *settings.channels]):
            blocks += [_convolution(inputs, outputs), nn.MaxPool2d(2), _norm(outputs, settings.norm_scale), activated()]
            blocks += [_convolution(outputs, outputs), _norm(outputs, settings.norm_scale), activated()]
        self.blocks = nn.Sequential(*blocks)
        self.output = nn.Linear(settings.channels[-1], classes, bias=False)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.no_grad()
    def prepare(self, sample: Callable[[int], Tensor], dataset: str) -> None:
        """Set the first layer from training images: the patches' covariance becomes the identity."""
        x = self.normalize(sample(SAMPLE))
        patches = F.unfold(x, PATCH).transpose(1, 2).flatten(0, 1).double()  # patches x (C 2 2)
        values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
        filters = (vectors / (values + 5e-4).sqrt()).T  # a row a filter; 5e-4 tames directions without variance
        # eigh leaves the sign to the library: fix it, so that weights do not depend on the version
        filters *= filters.gather(1, filters.abs().argmax(1, keepdim=True)).sign()
        self.whitening.weight.copy_(torch.cat([filters, -filters]).view_as(self.whitening.weight))

    def forward(self, images: Tensor) -> Tensor:  # N x C x H x W, uint8
        x = self.normalize(images).contiguous(memory_format=torch.channels_last)
        x = self.activation(self.whitening(x))  # 32 x 32 -> 31 x 31
        x = self.blocks(x).amax((2, 3))  # N x C', the last 3 x 3 pooled
        logits: Tensor = self.output(x) / 9  # the scale at which the published rates are tuned
        return logits


def _convolution(inputs: int, outputs: int) -> nn.Conv2d:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    # The first filters pass their input on: the network starts out as something like the identity.
    nn.init.dirac_(convolution.weight[:inputs])
    return convolution


def _norm(channels: int, scaled: bool) -> nn.BatchNorm2d:
    # Few epochs: the running statistics must follow quickly.
    norm = nn.BatchNorm2d(channels, momentum=0.4)
    norm.weight.requires_grad = scaled
    return norm


build = Whitened
