"""max(0, x)."""

from torch import nn

Activation = nn.ReLU
