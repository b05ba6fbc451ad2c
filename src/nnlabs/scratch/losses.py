"""Losses: each returns the mean over the batch and its gradient with respect to the network's output."""

import numpy as np

from nnlabs.core.errors import UserError
from nnlabs.scratch.activations.log_softmax import log_softmax
from nnlabs.scratch.activations.sigmoid import sigmoid
from nnlabs.scratch.arrays import Array, check, shape


def squared_error(output: Array, target: Array) -> tuple[float, Array]:
    """L = mean over examples of Σ_k (y_k - t_k)², summed over the outputs; dL/dy = 2 (y - t) / N."""
    _same("squared_error", output, target)
    error = output - target
    return float((error**2).sum() / len(output)), 2 * error / len(output)


def binary_cross_entropy(logits: Array, target: Array) -> tuple[float, Array]:
    """L = mean of -t log s(z) - (1 - t) log(1 - s(z)), summed over the outputs; dL/dz = (s(z) - t) / N.

    Computed as max(z, 0) - z t + log(1 + e^-|z|), which is the same and loses nothing at large |z|.
    """
    _same("binary_cross_entropy", logits, target)
    if ((target < 0) | (target > 1)).any():
        raise UserError("binary_cross_entropy: a target outside 0 to 1")
    each = np.maximum(logits, 0) - logits * target + np.log1p(np.exp(-np.abs(logits)))
    return float(each.sum() / len(logits)), (sigmoid(logits) - target) / len(logits)


def cross_entropy(logits: Array, labels: Array) -> tuple[float, Array]:
    """L = mean of -log softmax(z)[label]; dL/dz = (softmax(z) - one_hot(label)) / N.

    logits are N x classes, labels N whole numbers.
    """
    check("cross_entropy", logits, "N", "K")
    n, classes = logits.shape
    if labels.shape != (n,):
        raise UserError(f"cross_entropy: labels are {shape(labels.shape)} for logits of {shape(logits.shape)}")
    if labels.dtype.kind not in "iu":
        raise UserError(f"cross_entropy: labels are {labels.dtype}; whole numbers are needed")
    outside = labels[(labels < 0) | (labels >= classes)]
    if len(outside):
        raise UserError(
            f"cross_entropy: class {outside[0]} found; allowed: 0 to {classes - 1}, "
            f"as the logits are {shape(logits.shape)}"
        )
    log_probability = log_softmax(logits)
    gradient = np.exp(log_probability)
    gradient[np.arange(n), labels] -= 1
    return float(-log_probability[np.arange(n), labels].mean()), gradient / n


LOSSES = {
    "squared_error": squared_error,
    "binary_cross_entropy": binary_cross_entropy,
    "cross_entropy": cross_entropy,
}


def _same(loss: str, output: Array, target: Array) -> None:
    if output.shape != target.shape:
        raise UserError(f"{loss}: the output is {shape(output.shape)}, the target {shape(target.shape)}")
    if not (np.isfinite(output).all() and np.isfinite(target).all()):
        raise UserError(f"{loss}: output or target, {shape(output.shape)}, hold NaN or infinity")
