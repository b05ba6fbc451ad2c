"""The Sobel filter, and a convolution that learns it from examples."""

import numpy as np

from nnlabs.scratch.arrays import Array, check
from nnlabs.scratch.convolution import Conv2d
from nnlabs.scratch.losses import squared_error
from nnlabs.scratch.optimizers import Adam

HORIZONTAL = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
"""Change from left to right: a difference along a row, smoothed across rows by 1-2-1."""
VERTICAL = HORIZONTAL.T
"""Change from top to bottom."""
LUMA = np.array([0.299, 0.587, 0.114])
"""How bright red, green and blue look (ITU-R BT.601)."""


def grey(images: Array) -> Array:
    """N x 3 x H x W bytes to N x 1 x H x W brightness from 0 to 1."""
    check("grey", images, "N", 3, "H", "W")
    return np.tensordot(images / 255.0, LUMA, axes=(1, 0))[:, None]


def sobel(images: Array) -> tuple[Array, Array, Array]:
    """Horizontal and vertical change and their magnitude √(h² + v²), each N x 1 x H-2 x W-2, of N x 1 x H x W."""
    both = _filter(images, np.stack([HORIZONTAL, VERTICAL])[:, None])
    horizontal, vertical = both[:, :1], both[:, 1:]
    return horizontal, vertical, np.hypot(horizontal, vertical)


def _filter(images: Array, kernels: Array) -> Array:
    """The images convolved with fixed kernels, outputs x 1 x 3 x 3."""
    layer = Conv2d(1, len(kernels), 3, np.random.default_rng(0))
    layer.parameters["weight"][...] = kernels
    return layer.forward(images)


def imitate(
    images: Array, kernel: Array, rng: np.random.Generator, steps: int, batch_size: int, lr: float
) -> tuple[Conv2d, list[float]]:
    """Train a 3 x 3 convolution until its output is the kernel's; its weights then are the kernel.

    Returns the layer and the loss of each step. The target is linear in the weights, so there is one
    minimum and it is 0; the rate falls to nothing over the steps, to arrive there.
    """
    targets = _filter(images, kernel[None, None])
    layer, optimizer = Conv2d(1, 1, 3, rng), Adam(lr)
    losses = []
    for step in range(steps):
        chosen = rng.choice(len(images), batch_size, replace=False)
        output = layer.forward(images[chosen])
        positions = output[0].size
        loss, dy = squared_error(output, targets[chosen])
        layer.backward(dy / positions)  # of the mean over positions too, so that lr does not depend on the image size
        optimizer.lr = lr * (1 - step / steps)
        optimizer.step(layer.parameters, layer.gradients)
        losses.append(loss / positions)
    return layer, losses
