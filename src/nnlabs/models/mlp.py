"""Fully connected networks on flattened images."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from torch import Tensor, nn

from nnlabs import config as params
from nnlabs.models.layers import ACTIVATIONS, Dropout, Normalize


class MLP(nn.Module):
    """Linear, (batch normalisation), activation, (dropout) for each hidden layer, then a linear output."""

    def __init__(
        self, arm: params.MLP, shape: Sequence[int], classes: int, mean: Sequence[float], deviation: Sequence[float]
    ) -> None:
        super().__init__()
        self.normalize = Normalize(mean, deviation)
        sizes = [prod(shape), *arm.hidden]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            layers.append(nn.Linear(inputs, outputs, bias=not arm.batch_norm))
            if arm.batch_norm:
                layers.append(nn.BatchNorm1d(outputs))
            layers.append(ACTIVATIONS[arm.activation]())
            if arm.dropout:
                layers.append(Dropout(arm.dropout))
        self.hidden = nn.Sequential(*layers)
        self.output = nn.Linear(sizes[-1], classes)

    def forward(self, images: Tensor) -> Tensor:  # N x C x H x W, uint8
        x = self.normalize(images).flatten(1)  # N x CHW
        logits: Tensor = self.output(self.hidden(x))  # N x classes
        return logits


build = MLP
