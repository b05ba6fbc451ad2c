"""What public networks of layers in NumPy have in common: forward through all, backward through all.

Where a package has no cross-entropy for labels, the textbook's stands in for it; its cost is nothing beside the rest.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Weights = dict[str, Array]
"""Under PyTorch's names and in its shapes."""


def there_and_back(layers: list[Any], x: Array, labels: Array) -> float:
    """The loss, forward through layers in a row and back; each keeps its gradients."""
    for layer in layers:
        x = layer.forward(x)
    loss, gradient = cross_entropy(x, labels)
    for layer in reversed(layers):
        gradient = layer.backward(gradient)
    return loss


def channels_last(weights: Weights, at: int) -> tuple[Array, Array]:
    """Kernels as k x k x C x O, the linear layer as (h w C) x K."""
    weight, bias = weights[f"{at}.weight"], weights[f"{at}.bias"]
    if weight.ndim == 2:
        return weight.reshape(-1, 16, 4, 4).transpose(2, 3, 1, 0).reshape(256, -1).copy(), bias.copy()
    return weight.transpose(2, 3, 1, 0).copy(), bias.copy()


def cross_entropy(logits: Array, labels: Array) -> tuple[float, Array]:
    n = np.arange(len(labels))
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    gradient = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = float(-np.log(gradient[n, labels]).mean())
    gradient[n, labels] -= 1
    return loss, gradient / len(labels)
