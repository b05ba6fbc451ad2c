"""How far the activations by hand are from PyTorch's; the page shows the largest error."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch.nn import functional

from nnlabs.labs.activations.results import Agreement
from nnlabs.scratch.activations import Activation, elu, leaky_relu, relu, sigmoid, tanh
from nnlabs.scratch.activations.log_softmax import log_softmax, log_softmax_derivative
from nnlabs.scratch.activations.softmax import softmax, softmax_derivative
from nnlabs.scratch.arrays import Array

PAIRS: list[tuple[Activation, Callable[..., torch.Tensor]]] = [
    (sigmoid.ACTIVATION, torch.sigmoid),
    (tanh.ACTIVATION, torch.tanh),
    (relu.ACTIVATION, functional.relu),
    (leaky_relu.ACTIVATION, functional.leaky_relu),
    (elu.ACTIVATION, functional.elu),
]
"""Ours and PyTorch's."""


def activation_errors(limit: float) -> list[Agreement]:
    """Each function and derivative beside PyTorch's, over a grid that holds the kink at 0, in float64."""
    z = np.linspace(-limit, limit, 2001)
    rows = []
    for ours, theirs in PAIRS:
        leaf = torch.tensor(z, requires_grad=True)
        value = theirs(leaf)
        value.sum().backward()
        rows.append(Agreement(ours.name, _largest(ours.function(z), value), _largest(ours.derivative(z), leaf.grad)))
    logits = np.random.default_rng(0).normal(scale=3, size=(50, 7))
    for function, jacobian, operation in (
        (softmax, softmax_derivative, torch.softmax),
        (log_softmax, log_softmax_derivative, torch.log_softmax),
    ):
        by_row = torch.func.vmap(torch.func.jacrev(partial(operation, dim=-1)))
        rows.append(
            Agreement(
                function.__name__,
                _largest(function(logits), operation(torch.tensor(logits), -1)),
                _largest(jacobian(logits), by_row(torch.tensor(logits))),
            )
        )
    return rows


def _largest(ours: Array, theirs: torch.Tensor | None) -> float:
    assert theirs is not None
    return float(np.abs(ours - theirs.detach().numpy()).max())
