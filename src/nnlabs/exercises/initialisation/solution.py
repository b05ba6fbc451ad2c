"""How large gradients are in each layer of a deep network."""

from collections.abc import Sequence

import numpy as np

from nnlabs.scratch.arrays import Array


def gradient_norms(layers: Sequence[Array], x: Array, dy: Array) -> list[float]:
    """The Euclidean norm of dL/dW of each layer, from first to last, in a network of tanh layers without biases.

    A layer is h_l = tanh(h_(l-1) W_lᵀ), W_l being outputs x inputs and h_0 = x (N x inputs); dy is dL/dh of the last
    one, N x outputs.
    """
    hidden = [x]
    for weight in layers:
        hidden.append(np.tanh(hidden[-1] @ weight.T))
    norms: list[float] = []
    gradient = dy
    for weight, before, after in zip(reversed(layers), hidden[-2::-1], hidden[:0:-1], strict=True):
        by_sums = gradient * (1 - after**2)
        norms.insert(0, float(np.linalg.norm(by_sums.T @ before)))
        gradient = by_sums @ weight
    return norms
