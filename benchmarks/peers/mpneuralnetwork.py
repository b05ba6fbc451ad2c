"""mpneuralnetwork: windows by strides, `tensordot`, float32; its maximum pays every one of equal pixels."""

from typing import Any

import numpy as np
from mpneuralnetwork.activations import ReLU
from mpneuralnetwork.layers import Convolutional, Dense, Flatten, MaxPooling2D

from harness import cnn
from peers.layers import Array, Weights, there_and_back


def descent(weights: Weights) -> cnn.Step:
    layers: list[Any] = [Convolutional(8, 5, (1, 28, 28), "he"), ReLU(), MaxPooling2D(2)]
    layers += [Convolutional(16, 5, (8, 12, 12), "he"), ReLU(), MaxPooling2D(2), Flatten(), Dense(10, 256, "he")]
    layers[6].build((16, 4, 4))
    for at in (0, 3):
        layers[at].kernels[...], layers[at].biases[...] = weights[f"{at}.weight"], weights[f"{at}.bias"]
    layers[7].weights[...], layers[7].biases[...] = weights["7.weight"].T, weights["7.bias"]

    def step(images: Array, labels: Array) -> float:
        loss = there_and_back(layers, images, labels)
        for layer in layers:
            for parameter, change in layer.params.values():
                parameter -= np.float32(cnn.LEARNING_RATE) * change
        return loss

    return step


if __name__ == "__main__":
    cnn.run(cnn.arguments(), lambda network: descent(network.parameters))
