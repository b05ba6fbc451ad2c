"""Fully connected networks on flattened images."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from torch import Tensor, nn

from nnlabs.core.fields import Count, Flag, Fraction
from nnlabs.models import activations
from nnlabs.models.activations import ActivationName, activation
from nnlabs.models.base import NetworkSettings
from nnlabs.models.layers import Dropout, Normalize


class Settings(NetworkSettings):
    hidden: tuple[Count, ...]
    """Sizes of the hidden layers; none makes a linear classifier."""
    activation: ActivationName = "relu"
    dropout: Fraction = 0.0
    batch_norm: Flag = False

    def modules(self) -> tuple[str, ...]:
        return (activations.module(self.activation),)


class MLP(nn.Module):
    """Linear, (batch normalisation), activation, (dropout) for each hidden layer, then a linear output."""

    def __init__(
        self, settings: Settings, shape: Sequence[int], classes: int, mean: Sequence[float], std: Sequence[float]
    ) -> None:
        super().__init__()
        self.normalize = Normalize(mean, std)
        sizes = [prod(shape), *settings.hidden]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            layers.append(nn.Linear(inputs, outputs, bias=not settings.batch_norm))
            if settings.batch_norm:
                layers.append(nn.BatchNorm1d(outputs))
            layers.append(activation(settings.activation)())
            if settings.dropout:
                layers.append(Dropout(settings.dropout))
        self.hidden = nn.Sequential(*layers)
        self.output = nn.Linear(sizes[-1], classes)

    @property
    def chain(self) -> list[nn.Module]:
        """All layers, from images to logits."""
        return [self.normalize, nn.Flatten(), *self.hidden, self.output]

    def forward(self, images: Tensor) -> Tensor:  # N x C x H x W, uint8
        x = self.normalize(images).flatten(1)  # N x CHW
        logits: Tensor = self.output(self.hidden(x))  # N x classes
        return logits


build = MLP
