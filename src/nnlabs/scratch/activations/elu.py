"""The exponential linear unit."""

import numpy as np

from nnlabs.scratch.activations import Activation
from nnlabs.scratch.arrays import Array


def elu(z: Array, alpha: float = 1.0) -> Array:
    """f(z) = z where z > 0, else alpha (e^z - 1) (Clevert et al. 2015, eq. 15)."""
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0))).astype(z.dtype)


def elu_derivative(z: Array, alpha: float = 1.0) -> Array:
    """1 where z > 0, else alpha e^z."""
    return np.where(z > 0, 1, alpha * np.exp(np.minimum(z, 0))).astype(z.dtype)


ACTIVATION = Activation("elu", elu, elu_derivative)
