"""The rectified linear unit."""

import numpy as np

from nnlabs.scratch.activations import Activation
from nnlabs.scratch.arrays import Array


def relu(z: Array) -> Array:
    """max(0, z)."""
    return np.maximum(z, 0)


def relu_derivative(z: Array) -> Array:
    """1 where z > 0, else 0."""
    return (z > 0).astype(z.dtype)


ACTIVATION = Activation("relu", relu, relu_derivative)
