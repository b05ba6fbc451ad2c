"""1 / (1 + exp(-x))."""

from torch import nn

Activation = nn.Sigmoid
