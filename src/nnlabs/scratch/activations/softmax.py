"""Probabilities from logits. No element stands alone, so the derivative is a matrix."""

import numpy as np

from nnlabs.scratch.arrays import Array


def softmax(z: Array) -> Array:
    """e^z_i / Σ_k e^z_k over the last axis; the largest z is taken off first, which changes nothing."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_derivative(z: Array) -> Array:
    """The Jacobian, ... x K x K: ∂s_i/∂z_k = s_i (δ_ik - s_k)."""
    s = softmax(z)
    return s[..., :, None] * (np.eye(z.shape[-1], dtype=z.dtype) - s[..., None, :])
