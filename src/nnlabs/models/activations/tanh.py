"""The hyperbolic tangent."""

from torch import nn

Activation = nn.Tanh
