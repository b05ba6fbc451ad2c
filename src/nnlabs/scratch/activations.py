"""Activation functions, each with its derivative beside it.

They take and give arrays of any shape and keep float32 and float64. None overflows: `exp` is
only ever asked for what is not positive. At a kink the derivative is the left one, as PyTorch has it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from nnlabs.core.errors import UserError
from nnlabs.scratch.arrays import Array


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z); for z < 0 as e^z / (1 + e^z), which is the same."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def sigmoid_derivative(z: Array) -> Array:
    """s(z) (1 - s(z)) = s(z) s(-z); the second form keeps its digits where s(z) is almost 1."""
    return sigmoid(z) * sigmoid(-z)


def tanh(z: Array) -> Array:
    """(e^z - e^-z) / (e^z + e^-z)."""
    return np.tanh(z)


def tanh_derivative(z: Array) -> Array:
    """1 - tanh²(z)."""
    return 1 - np.tanh(z) ** 2


def relu(z: Array) -> Array:
    """max(0, z)."""
    return np.maximum(z, 0)


def relu_derivative(z: Array) -> Array:
    """1 where z > 0, else 0."""
    return (z > 0).astype(z.dtype)


def leaky_relu(z: Array, slope: float = 0.01) -> Array:
    """f(z) = z where z > 0, else slope · z."""
    return np.where(z > 0, z, slope * z).astype(z.dtype)


def leaky_relu_derivative(z: Array, slope: float = 0.01) -> Array:
    """1 where z > 0, else the slope."""
    return np.where(z > 0, 1, slope).astype(z.dtype)


def elu(z: Array, alpha: float = 1.0) -> Array:
    """f(z) = z where z > 0, else alpha (e^z - 1) (Clevert et al. 2015, eq. 15)."""
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0))).astype(z.dtype)


def elu_derivative(z: Array, alpha: float = 1.0) -> Array:
    """1 where z > 0, else alpha e^z."""
    return np.where(z > 0, 1, alpha * np.exp(np.minimum(z, 0))).astype(z.dtype)


def identity(z: Array) -> Array:
    """z: the output of a regression, and of a classifier whose loss takes logits."""
    return z


def identity_derivative(z: Array) -> Array:
    return np.ones_like(z)


def softmax(z: Array) -> Array:
    """e^z_i / Σ_k e^z_k over the last axis; the largest z is taken off first, which changes nothing."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_derivative(z: Array) -> Array:
    """The Jacobian, ... x K x K: ∂s_i/∂z_k = s_i (δ_ik - s_k)."""
    s = softmax(z)
    return s[..., :, None] * (np.eye(z.shape[-1], dtype=z.dtype) - s[..., None, :])


def log_softmax(z: Array) -> Array:
    """z_i - log Σ_k e^z_k over the last axis, with the largest z taken off first."""
    shifted = z - z.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def log_softmax_derivative(z: Array) -> Array:
    """The Jacobian, ... x K x K: ∂log s_i/∂z_k = δ_ik - s_k."""
    return np.eye(z.shape[-1], dtype=z.dtype) - softmax(z)[..., None, :]


@dataclass(frozen=True)
class Activation:
    """A function that acts on each element alone, and its derivative."""

    name: str
    function: Callable[[Array], Array]
    derivative: Callable[[Array], Array]


ELEMENTWISE: dict[str, tuple[Callable[..., Array], Callable[..., Array]]] = {
    "identity": (identity, identity_derivative),
    "sigmoid": (sigmoid, sigmoid_derivative),
    "tanh": (tanh, tanh_derivative),
    "relu": (relu, relu_derivative),
    "leaky_relu": (leaky_relu, leaky_relu_derivative),
    "elu": (elu, elu_derivative),
}


def activation(name: str, **shape: float) -> Activation:
    """Look an activation up; `shape` is leaky ReLU's slope or ELU's alpha.

    Raises
    ------
    UserError
        For a name that there is not, with those that there are.
    """
    if name not in ELEMENTWISE:
        raise UserError(f"activation {name!r} is unknown; allowed: {', '.join(ELEMENTWISE)}")
    function, derivative = ELEMENTWISE[name]
    return Activation(name, partial(function, **shape), partial(derivative, **shape))
