"""The logistic sigmoid, from 0 to 1."""

import numpy as np

from nnlabs.scratch.activations import Activation
from nnlabs.scratch.arrays import Array


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z); for z < 0 as e^z / (1 + e^z), which is the same."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def sigmoid_derivative(z: Array) -> Array:
    """s(z) (1 - s(z)) = s(z) s(-z); the second form keeps its digits where s(z) is almost 1."""
    return sigmoid(z) * sigmoid(-z)


ACTIVATION = Activation("sigmoid", sigmoid, sigmoid_derivative)
