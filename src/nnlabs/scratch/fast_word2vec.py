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

TOGETHER = 6
"""Output vectors that a pass over an input vector meets at once, so that it is loaded and stored less often: a word's
and those of five negatives."""

LOG2_E, LN_2 = np.float32(np.log2(np.e)), np.float32(np.log(2))
TAYLOR = tuple(np.float32(1 / factorial) for factorial in (5040, 720, 120, 24, 6, 2, 1, 1))
"""Of exp r, the highest power first: between -ln(2) / 2 and ln(2) / 2 what follows is below float32's rounding."""
FARTHEST = np.float32(87)
"""exp of a larger number is beyond float32's largest, of a smaller one below its smallest."""


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile for this processor, once, where there is a folder to keep it in; else each process does (two seconds).

    Of the liberties of fast floating point only these are taken: to add in another order, which
    lets a sum be computed several numbers at a time, and to fuse a product with a sum.
    """
    options: dict[str, Any] = {"error_model": "numpy", "fastmath": {"reassoc", "contract"}}
    try:
        made: Callable[..., Any] = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # neither the folder of this file nor the user's cache may be written to
        made = numba.njit(**options)(function)
    return made


@compiled
def logistic(  # pragma: no cover - what is compiled is not seen by coverage
    scores: NDArray[np.float32], probabilities: NDArray[np.float32], powers: NDArray[np.int32]
) -> None:
    """Of each score z the probability 1 / (1 + exp z); z becomes 1 minus it, the derivative of -log(1 / (1 + exp z)).

    exp z is 2^n exp r with n whole and |r| at most ln(2) / 2, where few powers of r are enough. A function of a
    library would be called for one number at a time; this is computed for many at once. 2^n is written as the bits of a
    float32, into `powers`, which like `probabilities` is as long as `scores`.
    """
    one, half, scales = np.float32(1), np.float32(0.5), powers.view(np.float32)
    for i in range(len(scores)):
        z = min(max(scores[i], -FARTHEST), FARTHEST)
        n = np.floor(z * LOG2_E + half)
        r = z - n * LN_2
        power = TAYLOR[0]
        for coefficient in TAYLOR[1:]:
            power = power * r + coefficient
        scores[i] = power
        powers[i] = (np.int32(n) + np.int32(127)) << np.int32(23)
    for i in range(len(scores)):
        odds = scores[i] * scales[i]
        probabilities[i] = one / (one + odds)
        scores[i] = odds * probabilities[i]


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
    zero = np.float32(0)
    n, k, dimensions = len(document), negatives.shape[1], inputs.shape[1]
    widest = 2 * reach.max() if n else 0
    rows = -(-(k + 1) // TOGETHER) * TOGETHER
    words, targets = np.empty(widest, np.int64), np.empty(k + 1, np.int64)
    slopes = np.zeros((widest, rows), np.float32)
    probabilities, powers = np.empty(widest * rows, np.float32), np.empty(widest * rows, np.int32)
    before = np.zeros((rows, dimensions), np.float32)  # the outputs; rows beyond the targets meet slopes of 0
    total, likelihood = 0.0, 1.0
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
                a, b, c, e, f, g = zero, zero, zero, zero, zero, zero
                for d in range(dimensions):
                    value = vector[d]
                    a += value * before[i, d]
                    b += value * before[i + 1, d]
                    c += value * before[i + 2, d]
                    e += value * before[i + 3, d]
                    f += value * before[i + 4, d]
                    g += value * before[i + 5, d]
                slopes[j, i], slopes[j, i + 1], slopes[j, i + 2] = a, b, c
                slopes[j, i + 3], slopes[j, i + 4], slopes[j, i + 5] = e, f, g
            slopes[j, 0] = -slopes[j, 0]  # -t u v, of the word itself and of the negatives
        logistic(slopes.reshape(-1)[: near * rows], probabilities, powers)
        for j in range(near):
            for i in range(used):
                likelihood *= probabilities[j * rows + i]
                if likelihood < 1e-200:  # few logarithms, and none of 0
                    total -= np.log(likelihood)
                    likelihood = 1.0
                slopes[j, i] *= lr if i == 0 else -lr
            slopes[j, used:] = 0
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
                a, b, c = slopes[j, i], slopes[j, i + 1], slopes[j, i + 2]
                e, f, g = slopes[j, i + 3], slopes[j, i + 4], slopes[j, i + 5]
                for d in range(dimensions):
                    vector[d] += (
                        (a * before[i, d] + b * before[i + 1, d])
                        + (c * before[i + 2, d] + e * before[i + 3, d])
                        + (f * before[i + 4, d] + g * before[i + 5, d])
                    )
    return total - np.log(likelihood)
