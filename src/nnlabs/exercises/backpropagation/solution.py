"""A network with one hidden layer, its loss and its gradients, line by line."""

import numpy as np

from nnlabs.scratch.activations.sigmoid import sigmoid
from nnlabs.scratch.arrays import Array

Parameters = dict[str, Array]
"""weight1 (hidden x inputs), bias1 (hidden), weight2 (outputs x hidden), bias2 (outputs)."""


def forward(parameters: Parameters, x: Array) -> tuple[Array, Array]:
    """The hidden layer's output h = s(x W1ᵀ + b1), N x hidden, and the logits z = h W2ᵀ + b2, N x outputs.

    x is N x inputs; s is the sigmoid.
    """
    hidden = sigmoid(x @ parameters["weight1"].T + parameters["bias1"])  # N x hidden
    logits = hidden @ parameters["weight2"].T + parameters["bias2"]  # N x outputs
    return hidden, logits


def loss_and_gradients(parameters: Parameters, x: Array, target: Array) -> tuple[float, Parameters]:
    """The binary cross-entropy of s(z) and the target (N x outputs), and its gradient by each parameter.

    L = mean over examples of Σ_k -t log s(z) - (1 - t) log(1 - s(z)), summed over the outputs.
    """
    hidden, logits = forward(parameters, x)
    each = np.maximum(logits, 0) - logits * target + np.log1p(np.exp(-np.abs(logits)))  # as log s(z), without overflow
    by_logits = (sigmoid(logits) - target) / len(x)  # N x outputs
    by_sums = by_logits @ parameters["weight2"] * hidden * (1 - hidden)  # N x hidden, before the sigmoid
    gradients = {
        "weight1": by_sums.T @ x,
        "bias1": by_sums.sum(axis=0),
        "weight2": by_logits.T @ hidden,
        "bias2": by_logits.sum(axis=0),
    }
    return float(each.sum() / len(x)), gradients
