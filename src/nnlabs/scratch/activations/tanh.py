"""The hyperbolic tangent, from -1 to 1."""

import numpy as np

from nnlabs.scratch.activations import Activation
from nnlabs.scratch.arrays import Array


def tanh(z: Array) -> Array:
    """(e^z - e^-z) / (e^z + e^-z)."""
    return np.tanh(z)


def tanh_derivative(z: Array) -> Array:
    """1 - tanh²(z)."""
    return 1 - np.tanh(z) ** 2


ACTIVATION = Activation("tanh", tanh, tanh_derivative)
