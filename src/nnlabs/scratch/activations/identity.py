"""No function at all."""

import numpy as np

from nnlabs.scratch.activations import Activation
from nnlabs.scratch.arrays import Array


def identity(z: Array) -> Array:
    """z: the output of a regression, and of a classifier whose loss takes logits."""
    return z


def identity_derivative(z: Array) -> Array:
    return np.ones_like(z)


ACTIVATION = Activation("identity", identity, identity_derivative)
