"""x times its sigmoid, also called swish."""

from torch import nn

Activation = nn.SiLU
