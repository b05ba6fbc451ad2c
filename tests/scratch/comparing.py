"""How a layer by hand is held against finite differences and against PyTorch, both in float64."""

from collections.abc import Callable

import numpy as np
import torch
from hypothesis import settings
from torch import nn

from nnlabs.labs.common.agreement import numerical_gradient
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.layers import Layer

checked = settings(derandomize=True, deadline=None, max_examples=30)
"""For property-based tests: the same examples every time, however slow the machine."""


def spread(rng: np.random.Generator, *shape: int) -> Array:
    """Values from -2 to 2 in random order, none of them near another or near 0: no kink, no tie within a step."""
    size = int(np.prod(shape))
    return (rng.permutation(size).reshape(shape) + 0.5) * 4 / (size + 1) - 2 + 1e-3


def close(ours: Array, theirs: Array, tolerance: float) -> None:
    """Equal shapes, and differences within this part of the largest value (of 1, where all are smaller)."""
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= tolerance * max(1, np.abs(theirs).max())


def check_differences(
    layer: Layer, x: Array, training: bool = True, before: Callable[[], object] = lambda: None, tolerance: float = 1e-8
) -> None:
    """Compare dL/dx and every dL/d(parameter) with central differences, L being Σ direction · y.

    `before` is called ahead of every forward pass, to set a random generator back.
    """
    before()
    direction = np.random.default_rng(1).normal(size=layer.forward(x, training).shape)
    dx, gradients = layer.backward(direction), dict(layer.gradients)
    assert gradients.keys() == layer.parameters.keys()

    def loss(_: Array) -> float:
        before()
        return float((layer.forward(x, training) * direction).sum())

    close(dx, numerical_gradient(loss, x), tolerance)
    for name, parameter in layer.parameters.items():
        close(gradients[name], numerical_gradient(loss, parameter), tolerance)


def check_torch(ours: Layer, theirs: nn.Module, x: Array, training: bool = True, tolerance: float = 1e-12) -> None:
    """Compare output, dL/dx, every dL/d(parameter) and then the buffers with PyTorch's module of the same state."""
    theirs.double().train(training).zero_grad()
    state = {name: torch.tensor(array) for name, array in (ours.parameters | ours.buffers).items()}
    theirs.load_state_dict(state)
    leaf = torch.tensor(x, requires_grad=True)
    value = theirs(leaf)
    close(ours.forward(x, training), value.detach().numpy(), tolerance)
    direction = np.random.default_rng(1).normal(size=tuple(value.shape))
    value.backward(torch.tensor(direction))
    assert leaf.grad is not None
    close(ours.backward(direction), leaf.grad.numpy(), tolerance)
    for name, parameter in theirs.named_parameters():
        assert parameter.grad is not None
        close(ours.gradients[name], parameter.grad.numpy(), tolerance)
    for name, buffer in theirs.named_buffers():
        close(ours.buffers[name], buffer.numpy(), tolerance)


class Skip(nn.Module):
    """x + f(x) in PyTorch, its parameters named as in ours: `0.weight`."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        for i, layer in enumerate(layers):
            self.add_module(str(i), layer)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x
        for layer in self.children():
            y = layer(y)
        return x + y
