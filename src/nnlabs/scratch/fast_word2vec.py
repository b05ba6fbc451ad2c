"""`word2vec.window_step` for one word of a document after the other, compiled: a window is too little for NumPy."""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""v x dimensions: a row a word of the vocabulary."""
Tokens = NDArray[np.uint32]
"""Places in the vocabulary."""

TOGETHER = 3
"""Output vectors that a pass over an input vector meets at once, so that it is loaded and stored less often."""


def compiled(function: Callable[..., float]) -> Callable[..., float]:
    """Compile for this processor, once, where there is a folder to keep it in; else each process does (two seconds).

    Of the liberties of fast floating point only these are taken: to add in another order, which
    lets a sum be computed several numbers at a time, and to fuse a product with a sum.
    """
    options: dict[str, Any] = {"error_model": "numpy", "fastmath": {"reassoc", "contract"}}
    try:
        made: Callable[..., float] = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # neither the folder of this file nor the user's cache may be written to
        made = numba.njit(**options)(function)
    return made


@compiled
def steps(  # pragma: no cover - what is compiled is not seen by coverage
    inputs: Vectors,
    outputs: Vectors,
    document: Tokens,
    reach: NDArray[np.int64],
    negatives: NDArray[np.uint32],
    lr: np.float32,
) -> float:
    """A step for each word of the document (n) with its reach (n) and negatives (n x k); return the sum of the losses.

    With t = 1 for the word itself and -1 for a negative, s(t u v) is the probability given to what
    is true: the loss is -log of their product, and -t (1 - s(t u v)) its derivative by a score.
    """
    one, zero = np.float32(1), np.float32(0)
    n, k, dimensions = len(document), negatives.shape[1], inputs.shape[1]
    widest = 2 * reach.max() if n else 0
    rows = -(-(k + 1) // TOGETHER) * TOGETHER
    words, targets = np.empty(widest, np.int64), np.empty(k + 1, np.int64)
    slopes = np.zeros((widest, rows), np.float32)
    before = np.zeros((rows, dimensions), np.float32)  # the outputs; rows beyond the targets meet slopes of 0
    total = 0.0
    for at in range(n):
        near = 0
        for place in range(max(0, at - reach[at]), min(n, at + reach[at] + 1)):
            if place != at:
                words[near] = document[place]
                near += 1
        targets[0] = document[at]
        used = 1
        for negative in negatives[at]:
            if negative != document[at]:
                targets[used] = negative
                used += 1
        for i in range(used):
            output = outputs[targets[i]]
            for d in range(dimensions):
                before[i, d] = output[d]
        for j in range(near):
            vector = inputs[words[j]]
            for i in range(0, rows, TOGETHER):
                first, second, third = zero, zero, zero
                for d in range(dimensions):
                    first += vector[d] * before[i, d]
                    second += vector[d] * before[i + 1, d]
                    third += vector[d] * before[i + 2, d]
                slopes[j, i], slopes[j, i + 1], slopes[j, i + 2] = first, second, third
            likelihood = 1.0
            for i in range(used):
                sign = one if i == 0 else -one
                probability = one / (one + np.exp(-sign * slopes[j, i]))
                likelihood *= probability
                slopes[j, i] = lr * sign * (one - probability)
            slopes[j, used:] = 0
            total -= np.log(max(likelihood, 1e-300))  # one logarithm a pair, and none of 0
        for i in range(used):  # first the outputs: the inputs are still as they were
            output = outputs[targets[i]]
            for j in range(0, near - 1, 2):
                one_slope, other_slope = slopes[j, i], slopes[j + 1, i]
                one_vector, other_vector = inputs[words[j]], inputs[words[j + 1]]
                for d in range(dimensions):
                    output[d] += one_slope * one_vector[d] + other_slope * other_vector[d]
            if near % 2:
                slope, vector = slopes[near - 1, i], inputs[words[near - 1]]
                for d in range(dimensions):
                    output[d] += slope * vector[d]
        for j in range(near):
            vector = inputs[words[j]]
            for i in range(0, rows, TOGETHER):
                first, second, third = slopes[j, i], slopes[j, i + 1], slopes[j, i + 2]
                for d in range(dimensions):
                    vector[d] += first * before[i, d] + second * before[i + 1, d] + third * before[i + 2, d]
    return total
