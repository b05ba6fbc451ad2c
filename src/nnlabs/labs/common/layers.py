"""Layers of networks that labs build themselves, for their drawing: as `nnlabs.evaluation.layers` tells others."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import Any

Layer = dict[str, Any]
Layers = list[Layer]


def entrance(shape: Sequence[int]) -> Layer:
    """What a network of images begins with: it sees them normalised, in their own shape."""
    return _layer("Normalize", shape, shape)


def of_pixels(shape: Sequence[int], sizes: Sequence[int], activation: str) -> Layers:
    """Fully connected layers of these sizes on the pixels of an image."""
    return [entrance(shape), *connected([prod(shape), *sizes], activation)]


def connected(sizes: Sequence[int], activation: str) -> Layers:
    """Fully connected layers with biases from the first size to the last, an activation after all but the last."""
    found: Layers = []
    for inputs, outputs in pairwise(sizes):
        found += [linear(inputs, outputs), same(activation, [outputs])]
    return found[:-1]


def linear(inputs: int, outputs: int) -> Layer:
    return _layer("Linear", [inputs], [outputs], (inputs + 1) * outputs)


def convolution(shape: Sequence[int], channels: int, kernel: int) -> Layer:
    """Without padding; `shape` is what goes in: channels, height, width."""
    inputs, height, width = shape
    out = (channels, height - kernel + 1, width - kernel + 1)
    parameters = channels * (inputs * kernel**2 + 1)
    return _layer("Conv2d", shape, out, parameters, kernel_size=kernel, stride=1, groups=1)


def pooling(shape: Sequence[int]) -> Layer:
    """The largest of every 2 x 2."""
    channels, height, width = shape
    return _layer("MaxPool2d", shape, (channels, height // 2, width // 2), kernel_size=2, stride=2)


def skip_gram(words: int, dimensions: int, compared: int) -> Layers:
    """A word's vector, and how well it goes with the vectors of so many words: each of all words has one of either."""
    return [
        _layer("Embedding", [1], [dimensions], words * dimensions, enters="a word"),
        _layer("Products", [dimensions], [compared], words * dimensions),
        same("Sigmoid", [compared]),
    ]


def same(kind: str, shape: Sequence[int], parameters: int = 0) -> Layer:
    """What keeps the shape: an activation, softmax, a block with a skip connection."""
    return _layer(kind, shape, shape, parameters)


def _layer(kind: str, inputs: Sequence[int], shape: Sequence[int], parameters: int = 0, **more: Any) -> Layer:
    return {"kind": kind, "inputs": [*inputs], "shape": [*shape], "parameters": parameters} | more
