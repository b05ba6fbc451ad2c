"""tinynn: im2col, N x H x W x C, float32."""

from typing import Any

import numpy as np
from tinynn.core.layer import Conv2D, Dense, Flatten, MaxPool2D, ReLU

from harness import cnn
from peers.layers import Array, Weights, channels_last, there_and_back


def descent(weights: Weights) -> cnn.Step:
    layers: list[Any] = [Conv2D((5, 5, 1, 8), padding="VALID"), ReLU(), MaxPool2D()]
    layers += [Conv2D((5, 5, 8, 16), padding="VALID"), ReLU(), MaxPool2D(), Flatten(), Dense(10)]
    for at in (0, 3, 7):
        layers[at].params = dict(zip(("w", "b"), channels_last(weights, at), strict=True))
        layers[at].is_init = True

    def step(images: Array, labels: Array) -> float:
        loss = there_and_back(layers, np.moveaxis(images, 1, -1), labels)
        for layer in layers:
            for name, parameter in layer.params.items():
                parameter -= np.float32(cnn.LEARNING_RATE) * layer.grads[name]
        return loss

    return step


if __name__ == "__main__":
    cnn.run(cnn.arguments(), lambda network: descent(network.parameters))
