"""Public CNNs written in NumPy alone, as their packages are, doing one step of gradient descent.

Each function takes the weights that all begin with, in PyTorch's names and shapes, and returns a
step: images N x 1 x 28 x 28 and labels N in, the loss before the step out. Where a package has no
cross-entropy for labels, the textbook's stands in for it; its cost is nothing beside the rest.
"""

import collections
import collections.abc
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Step = Callable[[Array, Array], float]
Weights = dict[str, Array]


def mpneuralnetwork(weights: Weights, lr: float) -> Step:
    """mpneuralnetwork: windows by strides, `tensordot`, float32; its maximum pays every one of equal pixels."""
    from mpneuralnetwork.activations import ReLU
    from mpneuralnetwork.layers import Convolutional, Dense, Flatten, MaxPooling2D

    layers: list[Any] = [Convolutional(8, 5, (1, 28, 28), "he"), ReLU(), MaxPooling2D(2)]
    layers += [Convolutional(16, 5, (8, 12, 12), "he"), ReLU(), MaxPooling2D(2), Flatten(), Dense(10, 256, "he")]
    layers[6].build((16, 4, 4))
    for at in (0, 3):
        layers[at].kernels[...], layers[at].biases[...] = weights[f"{at}.weight"], weights[f"{at}.bias"]
    layers[7].weights[...], layers[7].biases[...] = weights["7.weight"].T, weights["7.bias"]

    def step(images: Array, labels: Array) -> float:
        loss = _there_and_back(layers, images, labels)
        for layer in layers:
            for parameter, change in layer.params.values():
                parameter -= np.float32(lr) * change
        return loss

    return step


def tinynn(weights: Weights, lr: float) -> Step:
    """tinynn: im2col, N x H x W x C, float32."""
    from tinynn.core.layer import Conv2D, Dense, Flatten, MaxPool2D, ReLU

    layers: list[Any] = [Conv2D((5, 5, 1, 8), padding="VALID"), ReLU(), MaxPool2D()]
    layers += [Conv2D((5, 5, 8, 16), padding="VALID"), ReLU(), MaxPool2D(), Flatten(), Dense(10)]
    for at in (0, 3, 7):
        layers[at].params = dict(zip(("w", "b"), _channels_last(weights, at), strict=True))
        layers[at].is_init = True

    def step(images: Array, labels: Array) -> float:
        loss = _there_and_back(layers, np.moveaxis(images, 1, -1), labels)
        for layer in layers:
            for name, parameter in layer.params.items():
                parameter -= np.float32(lr) * layer.grads[name]
        return loss

    return step


def numpy_ml(weights: Weights, lr: float) -> Step:
    """numpy-ml: N x H x W x C, pooling a window at a time."""
    collections.Hashable = collections.abc.Hashable  # type: ignore[attr-defined]  # where it was until Python 3.9
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of packages that other parts of it would use
        from numpy_ml.neural_nets.activations import ReLU
        from numpy_ml.neural_nets.layers import Conv2D, Flatten, FullyConnected, Pool2D

    descent = f"SGD(lr={lr})"
    layers: list[Any] = [Conv2D(8, (5, 5), act_fn=ReLU(), optimizer=descent), Pool2D((2, 2), stride=2)]
    layers += [Conv2D(16, (5, 5), act_fn=ReLU(), optimizer=descent), Pool2D((2, 2), stride=2)]
    layers += [Flatten(), FullyConnected(10, optimizer=descent)]
    x = np.zeros((1, 28, 28, 1))
    for layer in layers:
        x = layer.forward(x, retain_derived=False)  # makes its parameters
    for layer, at in ((layers[0], 0), (layers[2], 3), (layers[5], 7)):
        for name, value in zip(("W", "b"), _channels_last(weights, at), strict=True):
            layer.parameters[name][...] = value

    def step(images: Array, labels: Array) -> float:
        loss = _there_and_back(layers, np.moveaxis(images, 1, -1), labels)
        for layer in layers:
            layer.update()
        return loss

    return step


PEERS = {"mpneuralnetwork": mpneuralnetwork, "tinynn": tinynn, "numpy-ml": numpy_ml}


def _there_and_back(layers: list[Any], x: Array, labels: Array) -> float:
    """The loss, forward through layers in a row and back; each keeps its gradients."""
    for layer in layers:
        x = layer.forward(x)
    loss, gradient = _cross_entropy(x, labels)
    for layer in reversed(layers):
        gradient = layer.backward(gradient)
    return loss


def _channels_last(weights: Weights, at: int) -> tuple[Array, Array]:
    """Kernels as k x k x C x O, the linear layer as (h w C) x K."""
    weight, bias = weights[f"{at}.weight"], weights[f"{at}.bias"]
    if weight.ndim == 2:
        return weight.reshape(-1, 16, 4, 4).transpose(2, 3, 1, 0).reshape(256, -1).copy(), bias.copy()
    return weight.transpose(2, 3, 1, 0).copy(), bias.copy()


def _cross_entropy(logits: Array, labels: Array) -> tuple[float, Array]:
    n = np.arange(len(labels))
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    gradient = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = float(-np.log(gradient[n, labels]).mean())
    gradient[n, labels] -= 1
    return loss, gradient / len(labels)
