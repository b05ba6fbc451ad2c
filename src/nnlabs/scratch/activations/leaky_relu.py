"""ReLU with a slope where z is negative."""

import numpy as np

from nnlabs.scratch.activations import Activation
from nnlabs.scratch.arrays import Array


def leaky_relu(z: Array, slope: float = 0.01) -> Array:
    """f(z) = z where z > 0, else slope · z."""
    return np.where(z > 0, z, slope * z).astype(z.dtype)


def leaky_relu_derivative(z: Array, slope: float = 0.01) -> Array:
    """1 where z > 0, else the slope."""
    return np.where(z > 0, 1, slope).astype(z.dtype)


ACTIVATION = Activation("leaky_relu", leaky_relu, leaky_relu_derivative)
