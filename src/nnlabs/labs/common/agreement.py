"""How far the networks by hand are from PyTorch's and from finite differences; the pages show the largest error."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from nnlabs.scratch import activations, convolution, layers, losses
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.optimizers import OPTIMIZERS, Optimizer

Row = dict[str, Any]


def relative(ours: Array, theirs: Array) -> float:
    """The largest difference, as a part of the largest value."""
    return float(np.abs(ours - theirs).max() / max(np.abs(theirs).max(), np.finfo(float).tiny))


def numerical_gradient(value: Callable[[Array], float], x: Array) -> Array:
    """Central differences of a scalar function for every element of x; float64."""
    slope = np.empty_like(x)
    h = np.finfo(x.dtype).eps ** (1 / 3)
    for index in np.ndindex(*x.shape):
        kept = x[index]
        x[index] = kept + h
        up = value(x)
        x[index] = kept - h
        slope[index] = (up - value(x)) / (2 * h)
        x[index] = kept
    return slope


# ---------------------------------------------------------------- activations

TORCH_ACTIVATIONS: dict[str, Callable[..., torch.Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": functional.relu,
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
}


def activation_errors(limit: float) -> list[Row]:
    """Each function and derivative beside PyTorch's, over a grid that holds the kink at 0, in float64."""
    z = np.linspace(-limit, limit, 2001)
    rows = []
    for name, theirs in TORCH_ACTIVATIONS.items():
        leaf = torch.tensor(z, requires_grad=True)
        value = theirs(leaf)
        value.sum().backward()
        ours = activations.activation(name)
        rows.append(
            {
                "name": name,
                "value": _largest(ours.function(z), value),
                "derivative": _largest(ours.derivative(z), leaf.grad),
            }
        )
    logits = np.random.default_rng(0).normal(scale=3, size=(50, 7))
    for name, function, jacobian in (
        ("softmax", activations.softmax, activations.softmax_derivative),
        ("log_softmax", activations.log_softmax, activations.log_softmax_derivative),
    ):
        operation: Callable[..., torch.Tensor] = getattr(torch, name)
        by_row = torch.func.vmap(torch.func.jacrev(partial(operation, dim=-1)))
        rows.append(
            {
                "name": name,
                "value": _largest(function(logits), operation(torch.tensor(logits), -1)),
                "derivative": _largest(jacobian(logits), by_row(torch.tensor(logits))),
            }
        )
    return rows


def _largest(ours: Array, theirs: torch.Tensor | None) -> float:
    assert theirs is not None
    return float(np.abs(ours - theirs.detach().numpy()).max())


# ---------------------------------------------------------------- layers and losses


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
        (layers.Activate("relu"), nn.ReLU(), (4, 5)),
    ]


def layer_errors() -> list[Row]:
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
            {
                "name": f"{ours}",
                "forward": relative(output, value.detach().numpy()),
                "autograd": max(autograd),
                "differences": max(numerical),
            }
        )
    return rows


def loss_errors() -> list[Row]:
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
            {
                "name": name,
                "forward": abs(loss - value.item()) / abs(value.item()),
                "autograd": relative(gradient, leaf.grad.numpy()),
                "differences": relative(gradient, numerical),
            }
        )
    return rows


# ---------------------------------------------------------------- optimizers

SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("sgd", {"lr": 0.01}),
    ("sgd", {"lr": 0.01, "weight_decay": 0.1}),
    ("momentum", {"lr": 0.01}),
    ("momentum", {"lr": 0.005, "momentum": 0.5, "weight_decay": 0.01}),
    ("nesterov", {"lr": 0.01}),
    ("nesterov", {"lr": 0.005, "momentum": 0.95, "weight_decay": 0.01}),
    ("adam", {"lr": 0.001}),
    ("adam", {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}),
    ("adamax", {"lr": 0.002}),
    ("adamax", {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}),
    ("adamw", {"lr": 0.001}),
    ("adamw", {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}),
]
"""Each with its defaults, and with other values."""


def optimizer_errors(steps: int) -> list[Row]:
    """The largest relative difference to torch.optim over all steps of a least-squares problem, in float64.

    Each step sees half of the points, drawn anew: without such noise the gradients vanish, and Adam,
    which divides by their size, then magnifies rounding until any two programs part.
    """
    return [{"name": name, "settings": more, "error": _optimizer_error(name, more, steps)} for name, more in SETTINGS]


def _optimizer_error(name: str, settings: dict[str, Any], steps: int) -> float:
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(20, 6)), rng.normal(size=(20, 3))
    weight, bias = rng.normal(size=(6, 3)), rng.normal(size=3)
    leaves = {"weight": torch.tensor(weight, requires_grad=True), "bias": torch.tensor(bias, requires_grad=True)}
    ours, theirs = OPTIMIZERS[name](**settings), torch_optimizer(name, settings, list(leaves.values()))
    parameters = {"weight": weight, "bias": bias}
    largest = 0.0
    for _ in range(steps):
        chosen = rng.choice(len(inputs), len(inputs) // 2, replace=False)
        x, y = inputs[chosen], targets[chosen]
        _, dy = losses.squared_error(x @ weight + bias, y)
        ours.step(parameters, {"weight": x.T @ dy, "bias": dy.sum(0)})
        theirs.zero_grad()
        error = torch.tensor(x) @ leaves["weight"] + leaves["bias"] - torch.tensor(y)
        ((error**2).sum() / len(x)).backward()
        theirs.step()
        largest = max(largest, *(relative(parameters[key], leaves[key].detach().numpy()) for key in leaves))
    return largest


def torch_optimizer(name: str, settings: dict[str, Any], leaves: Sequence[torch.Tensor]) -> torch.optim.Optimizer:
    """PyTorch's optimizer by its name in params.yaml, with the same defaults as ours."""
    momentum: dict[str, dict[str, Any]] = {
        "momentum": {"momentum": 0.9},
        "nesterov": {"momentum": 0.9, "nesterov": True},
    }
    classes: dict[str, Any] = {"adam": torch.optim.Adam, "adamax": torch.optim.Adamax, "adamw": torch.optim.AdamW}
    return classes.get(name, torch.optim.SGD)(leaves, **momentum.get(name, {}) | settings)


def optimizer(name: str, lr: float, momentum: float) -> Optimizer:
    """One of ours by its name in params.yaml; momentum where it has one."""
    return OPTIMIZERS[name](lr, **({"momentum": momentum} if name in ("momentum", "nesterov") else {}))
