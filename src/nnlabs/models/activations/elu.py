"""x where it is positive, else exp(x) - 1."""

from torch import nn

Activation = nn.ELU
