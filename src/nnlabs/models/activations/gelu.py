"""x times the normal distribution's part below x (Hendrycks and Gimpel 2016)."""

from torch import nn

Activation = nn.GELU
