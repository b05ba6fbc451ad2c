"""How far layers and losses by hand are from PyTorch's and from finite differences: the page shows the largest."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from nnlabs.labs.byhand.results import Check
from nnlabs.labs.common.agreement import numerical_gradient, relative
from nnlabs.scratch import convolution, layers, losses
from nnlabs.scratch.activations.relu import ACTIVATION as RELU
from nnlabs.scratch.arrays import Array


def _pairs(rng: np.random.Generator) -> list[tuple[layers.Layer, nn.Module, tuple[int, ...]]]:
    """Each layer with PyTorch's and the shape of an input; the awkward kernels, strides and paddings on purpose."""
    conv, pool, mean = convolution.Conv2d, convolution.MaxPool2d, convolution.AvgPool2d
    return [
        (layers.Linear(7, 5, rng), nn.Linear(7, 5), (4, 7)),
        (conv(2, 3, 3, rng), nn.Conv2d(2, 3, 3), (2, 2, 6, 5)),
        (conv(2, 3, (3, 2), rng, (2, 1), (1, 0)), nn.Conv2d(2, 3, (3, 2), (2, 1), (1, 0)), (2, 2, 7, 6)),
        (pool(2), nn.MaxPool2d(2), (2, 3, 6, 6)),
        (pool(3, 2, 1), nn.MaxPool2d(3, 2, 1), (2, 3, 7, 6)),
        (mean(2), nn.AvgPool2d(2), (2, 3, 6, 6)),
        (mean(3, 2, 1), nn.AvgPool2d(3, 2, 1), (2, 3, 7, 6)),
        (layers.BatchNorm(5), nn.BatchNorm1d(5), (6, 5)),
        (layers.BatchNorm(3), nn.BatchNorm2d(3), (4, 3, 3, 2)),
        (layers.Flatten(), nn.Flatten(), (3, 2, 2, 2)),
        (layers.Softmax(), nn.Softmax(-1), (4, 5)),
        (layers.Activate(RELU), nn.ReLU(), (4, 5)),
    ]


def layer_errors() -> list[Check]:
    """Forward, dL/dx and dL/dW of every layer beside autograd's, and the gradients beside central differences."""
    rng = np.random.default_rng(0)
    rows = []
    for ours, theirs, shape in _pairs(rng):
        theirs.double()
        theirs.load_state_dict({k: torch.tensor(v) for k, v in (ours.parameters | ours.buffers).items()})
        x = rng.normal(size=shape)
        leaf = torch.tensor(x, requires_grad=True)
        value = theirs(leaf)
        output = ours.forward(x, training=True)
        direction = rng.normal(size=output.shape)  # L = Σ direction · y, so dL/dy is the direction
        value.backward(torch.tensor(direction))
        assert leaf.grad is not None
        dx = ours.backward(direction)
        autograd = [relative(dx, leaf.grad.numpy())]
        for name, parameter in theirs.named_parameters():
            assert parameter.grad is not None
            autograd.append(relative(ours.gradients[name], parameter.grad.numpy()))

        def loss(_: Array) -> float:
            return float((ours.forward(x, training=True) * direction).sum())  # noqa: B023

        gradients = dict(ours.gradients)
        numerical = [relative(dx, numerical_gradient(loss, x))]
        numerical += [relative(gradients[k], numerical_gradient(loss, p)) for k, p in ours.parameters.items()]
        rows.append(
            Check(
                name=f"{ours}",
                forward=relative(output, value.detach().numpy()),
                autograd=max(autograd),
                differences=max(numerical),
            )
        )
    return rows


def loss_errors() -> list[Check]:
    """Value and gradient of every loss beside PyTorch's, and the gradient beside central differences."""
    rng = np.random.default_rng(0)
    output, target = rng.normal(scale=2, size=(6, 4)), rng.random((6, 4))
    labels = rng.integers(4, size=6)
    mean = 1 / len(output)
    cases: list[tuple[str, Any, Callable[[torch.Tensor], torch.Tensor]]] = [
        ("squared_error", target, lambda y: mean * ((y - torch.tensor(target)) ** 2).sum()),
        (
            "binary_cross_entropy",
            target,
            lambda y: mean * functional.binary_cross_entropy_with_logits(y, torch.tensor(target), reduction="sum"),
        ),
        ("cross_entropy", labels, lambda y: functional.cross_entropy(y, torch.tensor(labels))),
    ]
    rows = []
    for name, wanted, theirs in cases:
        ours = losses.LOSSES[name]
        leaf = torch.tensor(output, requires_grad=True)
        value = theirs(leaf)
        value.backward()
        assert leaf.grad is not None
        loss, gradient = ours(output, wanted)
        numerical = numerical_gradient(lambda y: ours(y, wanted)[0], output.copy())  # noqa: B023
        rows.append(
            Check(
                name=name,
                forward=abs(loss - value.item()) / abs(value.item()),
                autograd=relative(gradient, leaf.grad.numpy()),
                differences=relative(gradient, numerical),
            )
        )
    return rows
