"""Forward and backward pass of small networks, number by number, beside autograd's."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from nnlabs.core.errors import UserError
from nnlabs.labs.backprop.results import Example, Quantity, Results, indexed
from nnlabs.labs.backprop.settings import Settings, Worked
from nnlabs.scratch.activations import activation
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.layers import Activate, Layer, Linear
from nnlabs.scratch.network import Network

Values = dict[str, Array]


def compute(settings: Settings, dataset: str) -> tuple[Results, dict[str, Array]]:
    return Results({key: _example(worked, settings.lr) for key, worked in settings.examples.items()}), {}


def _example(worked: Worked, lr: float) -> Example:
    autograd = _autograd(worked)
    found = []
    for name, array in quantities(worked, lr).items():
        for index in np.ndindex(*array.shape):
            theirs = float(autograd[name][index]) if name in autograd else None
            found.append(Quantity(indexed(name, index if array.size > 1 else ()), float(array[index]), theirs))
    return Example(found, _network(worked).count(), _loss_after(worked, lr))


def _loss_after(worked: Worked, lr: float) -> float | None:
    if worked.y is None:
        return None
    named = quantities(worked, lr)
    layers = range(1, len(worked.weights) + 1)
    stepped = [(named[f"W{layer} after"], named[f"b{layer} after"]) for layer in layers]
    output = _network(worked, stepped).forward(np.array(worked.x)[None])
    return float(((output - worked.y) ** 2).sum() / 2)


def _network(worked: Worked, parameters: Sequence[tuple[Any, Any]] | None = None) -> Network:
    """With its own weights and biases, or with others, a pair a layer."""
    layers: list[Layer] = []
    rng = np.random.default_rng(0)
    pairs = parameters or list(zip(worked.weights, worked.biases, strict=True))
    for (weight, bias), name in zip(pairs, worked.activations, strict=True):
        linear = Linear(len(weight[0]), len(weight), rng)
        linear.parameters["weight"][...], linear.parameters["bias"][...] = weight, bias
        layers += [linear, Activate(activation(name))]
    return Network(*layers)


def quantities(worked: Worked, lr: float) -> Values:
    """Every intermediate value, computed by the project's own network; delta is dL/dz."""
    network = _network(worked)
    x = np.array(worked.x)[None]
    every = network.outputs(x)
    named: Values = {}
    for layer, name in enumerate(worked.activations, 1):
        z = named[f"z{layer}"] = every[2 * layer - 2][0]
        if name == "sigmoid":
            named[f"exp{layer}"] = np.exp(-z)
        named[f"a{layer}"] = every[2 * layer - 1][0]
    if worked.y is None:
        return named
    error = every[-1] - worked.y
    named["L"] = (error**2).sum()[None] / 2
    delta = error
    deltas, gradients = {f"da{len(worked.weights)}": error[0]}, {}
    for layer in range(len(worked.weights), 0, -1):
        linear, act = network.layers[2 * layer - 2], network.layers[2 * layer - 1]
        deltas[f"slope{layer}"] = activation(worked.activations[layer - 1]).derivative(named[f"z{layer}"])
        delta = act.backward(delta)
        deltas[f"delta{layer}"] = delta[0]
        delta = linear.backward(delta)
        gradients[f"dW{layer}"], gradients[f"db{layer}"] = linear.gradients["weight"], linear.gradients["bias"]
    named |= deltas | gradients
    for layer in range(len(worked.weights), 0, -1):
        parameters = network.layers[2 * layer - 2].parameters
        named[f"W{layer} after"] = parameters["weight"] - lr * gradients[f"dW{layer}"]
        named[f"b{layer} after"] = parameters["bias"] - lr * gradients[f"db{layer}"]
    return named


def _autograd(worked: Worked) -> Values:
    """The same quantities by PyTorch, in float64; what a step changes is left out."""
    weights = [torch.tensor(weight, dtype=torch.float64, requires_grad=True) for weight in worked.weights]
    biases = [torch.tensor(bias, dtype=torch.float64, requires_grad=True) for bias in worked.biases]
    a = torch.tensor(worked.x, dtype=torch.float64)
    kept = {}
    for layer, (weight, bias, name) in enumerate(zip(weights, biases, worked.activations, strict=True), 1):
        z = weight @ a + bias
        z.retain_grad()
        a = _theirs(name)(z)
        a.retain_grad()
        kept[f"z{layer}"], kept[f"a{layer}"] = z, a
        if name == "sigmoid":
            kept[f"exp{layer}"] = torch.exp(-z)
        leaf = z.detach().requires_grad_()
        (kept[f"slope{layer}"],) = torch.autograd.grad(_theirs(name)(leaf).sum(), leaf)
    values = {name: tensor.detach().numpy() for name, tensor in kept.items()}
    if worked.y is None:
        return values
    loss = ((a - worked.y) ** 2).sum() / 2
    loss.backward()
    values["L"] = loss.detach().numpy()[None]
    assert a.grad is not None
    values[f"da{len(weights)}"] = a.grad.numpy()
    for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True), 1):
        for name, tensor in ((f"delta{layer}", kept[f"z{layer}"]), (f"dW{layer}", weight), (f"db{layer}", bias)):
            assert tensor.grad is not None
            values[name] = tensor.grad.numpy()
    return values


def _theirs(name: str) -> Callable[[torch.Tensor], torch.Tensor]:
    """PyTorch's function of this name."""
    if name == "identity":
        return lambda z: z
    function: Callable[[torch.Tensor], torch.Tensor] | None
    function = getattr(torch, name, None) or getattr(functional, name, None)
    if function is None:
        raise UserError(f"backprop: PyTorch has no function {name} to hold ours against")
    return function
