"""x where it is positive, else 0.01 x."""

from torch import nn

Activation = nn.LeakyReLU
