"""numpy-ml: N x H x W x C, pooling a window at a time."""

import collections
import collections.abc
import warnings
from typing import Any

import numpy as np

from harness import cnn
from peers.layers import Array, Weights, channels_last, there_and_back

collections.Hashable = collections.abc.Hashable  # type: ignore[attr-defined]  # where it was until Python 3.9
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of packages that other parts of it would use
    from numpy_ml.neural_nets.activations import ReLU
    from numpy_ml.neural_nets.layers import Conv2D, Flatten, FullyConnected, Pool2D


def descent(weights: Weights) -> cnn.Step:
    sgd = f"SGD(lr={cnn.LEARNING_RATE})"
    layers: list[Any] = [Conv2D(8, (5, 5), act_fn=ReLU(), optimizer=sgd), Pool2D((2, 2), stride=2)]
    layers += [Conv2D(16, (5, 5), act_fn=ReLU(), optimizer=sgd), Pool2D((2, 2), stride=2)]
    layers += [Flatten(), FullyConnected(10, optimizer=sgd)]
    x = np.zeros((1, 28, 28, 1))
    for layer in layers:
        x = layer.forward(x, retain_derived=False)  # makes its parameters
    for layer, at in ((layers[0], 0), (layers[2], 3), (layers[5], 7)):
        for name, value in zip(("W", "b"), channels_last(weights, at), strict=True):
            layer.parameters[name][...] = value

    def step(images: Array, labels: Array) -> float:
        loss = there_and_back(layers, np.moveaxis(images, 1, -1), labels)
        for layer in layers:
            layer.update()
        return loss

    return step


if __name__ == "__main__":
    cnn.run(cnn.arguments(), lambda network: descent(network.parameters))
