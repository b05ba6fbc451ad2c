"""Logarithms of probabilities from logits, which the cross-entropy takes. No element stands alone here either."""

import numpy as np

from nnlabs.scratch.activations.softmax import softmax
from nnlabs.scratch.arrays import Array


def log_softmax(z: Array) -> Array:
    """z_i - log Σ_k e^z_k over the last axis, with the largest z taken off first."""
    shifted = z - z.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def log_softmax_derivative(z: Array) -> Array:
    """The Jacobian, ... x K x K: ∂log s_i/∂z_k = δ_ik - s_k."""
    return np.eye(z.shape[-1], dtype=z.dtype) - softmax(z)[..., None, :]
