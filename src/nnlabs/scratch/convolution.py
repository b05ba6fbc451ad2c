"""Convolution and pooling over N x C x H x W, in the form that the equations have.

Every output position sees a window of the input. `windows` lays them out without copying;
what a layer does with a window is then one line. `fast_cnn` computes the same in another layout.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nnlabs.core.errors import UserError
from nnlabs.scratch.arrays import Array, check, shape
from nnlabs.scratch.initialisation import weights
from nnlabs.scratch.layers import Layer

Pair = tuple[int, int]


def pair(value: int | Pair) -> Pair:
    """Height and width; one number means both."""
    return (value, value) if isinstance(value, int) else value


def padded(x: Array, padding: Pair, fill: float = 0.0) -> Array:
    (height, width) = padding
    return np.pad(x, ((0, 0), (0, 0), (height, height), (width, width)), constant_values=fill)


def windows(x: Array, kernel: Pair, stride: Pair) -> Array:
    """A view, N x C x H' x W' x kernel height x kernel width; H' = ⌊(H - kernel) / stride⌋ + 1."""
    return sliding_window_view(x, kernel, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]


def scatter(values: Array, into: Array, stride: Pair) -> None:
    """Add window values back where they came from: the transpose of `windows`. Windows may overlap."""
    _, _, rows, columns, height, width = values.shape
    for i in range(height):
        for j in range(width):
            into[:, :, i : i + stride[0] * rows : stride[0], j : j + stride[1] * columns : stride[1]] += values[
                ..., i, j
            ]


class Windowed(Layer):
    """What convolution and pooling share: a kernel that moves by a stride over a padded input."""

    def __init__(self, kernel: int | Pair, stride: int | Pair, padding: int | Pair) -> None:
        super().__init__()
        self.kernel, self.stride, self.padding = pair(kernel), pair(stride), pair(padding)
        if min(*self.kernel, *self.stride) < 1 or min(self.padding) < 0:
            raise UserError(f"{self}: kernel and stride have to be at least 1, padding at least 0")

    def _windows(self, x: Array, channels: int | str, fill: float = 0.0) -> Array:
        check(self, x, "N", channels, "H", "W")
        wide = padded(x, self.padding, fill)
        if any(kernel > size for kernel, size in zip(self.kernel, wide.shape[2:], strict=True)):
            raise UserError(
                f"{self}: the kernel, {shape(self.kernel)}, is larger than the padded input, {shape(wide.shape[2:])}"
            )
        self.before, self.wide = x.shape, wide.shape
        return windows(wide, self.kernel, self.stride)

    def _unwindowed(self, values: Array) -> Array:
        """dL/dx from dL/d(windows): summed over the windows that a pixel is in, the padding cut off."""
        dx = np.zeros(self.wide, values.dtype)
        scatter(values, dx, self.stride)
        (top, left), (height, width) = self.padding, self.before[2:]
        return dx[:, :, top : top + height, left : left + width]

    def __str__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(str, self._told()))})"

    def _told(self) -> tuple[object, ...]:
        return (self.kernel, self.stride, self.padding)


class Conv2d(Windowed):
    """y[n, o, p, q] = b[o] + Σ_cij w[o, c, i, j] x[n, c, p·stride + i, q·stride + j].

    A cross-correlation, as everywhere in this field: the kernel is not turned round.
    w is outputs x inputs x kernel height x kernel width.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int | Pair,
        rng: np.random.Generator,
        stride: int | Pair = 1,
        padding: int | Pair = 0,
        initialisation: str = "he",
        dtype: str = "float64",
    ) -> None:
        self.inputs, self.outputs = inputs, outputs
        super().__init__(kernel, stride, padding)
        self.parameters = {
            "weight": weights(initialisation, (outputs, inputs, *self.kernel), rng, dtype),
            "bias": np.zeros(outputs, dtype),
        }

    def forward(self, x: Array, training: bool = False) -> Array:
        self.seen = self._windows(x, self.inputs)  # N x C x H' x W' x kh x kw
        y = np.tensordot(self.seen, self.parameters["weight"], axes=((1, 4, 5), (1, 2, 3)))  # N x H' x W' x O
        return np.moveaxis(y + self.parameters["bias"], -1, 1)  # N x O x H' x W'

    def backward(self, dy: Array) -> Array:
        """dL/dw = Σ_npq dy · window, dL/db = Σ_npq dy, dL/dx: each window gets back w · dy."""
        self.gradients = {
            "weight": np.tensordot(dy, self.seen, axes=((0, 2, 3), (0, 2, 3))),
            "bias": dy.sum(axis=(0, 2, 3)),
        }
        returned = np.tensordot(dy, self.parameters["weight"], axes=(1, 0))  # N x H' x W' x C x kh x kw
        return self._unwindowed(np.moveaxis(returned, 3, 1))

    def _told(self) -> tuple[object, ...]:
        return (self.inputs, self.outputs, *super()._told())


class MaxPool2d(Windowed):
    """y = the largest value of each window; of equal ones the first gets the gradient, as in PyTorch."""

    def __init__(self, kernel: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0) -> None:
        super().__init__(kernel, kernel if stride is None else stride, padding)
        if any(2 * padding > kernel for padding, kernel in zip(self.padding, self.kernel, strict=True)):
            raise UserError(f"{self}: padding may be at most half of the kernel, or a window could be empty")

    def forward(self, x: Array, training: bool = False) -> Array:
        seen = self._windows(x, "C", fill=-np.inf)
        flat = seen.reshape(*seen.shape[:4], -1)  # N x C x H' x W' x kh·kw
        self.winner = flat.argmax(axis=-1)
        return np.take_along_axis(flat, self.winner[..., None], axis=-1)[..., 0]

    def backward(self, dy: Array) -> Array:
        """dL/dx is dy at the winner and 0 elsewhere."""
        positions = np.arange(self.kernel[0] * self.kernel[1])
        returned = dy[..., None] * (self.winner[..., None] == positions)
        return self._unwindowed(returned.reshape(*dy.shape, *self.kernel))


class AvgPool2d(Windowed):
    """y = the mean of each window, zeros of the padding counted, as in PyTorch."""

    def __init__(self, kernel: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0) -> None:
        super().__init__(kernel, kernel if stride is None else stride, padding)

    def forward(self, x: Array, training: bool = False) -> Array:
        return self._windows(x, "C").mean(axis=(4, 5))

    def backward(self, dy: Array) -> Array:
        """Each value of a window gets dy / (kernel height · kernel width)."""
        size = self.kernel[0] * self.kernel[1]
        return self._unwindowed(np.broadcast_to((dy / size)[..., None, None], (*dy.shape, *self.kernel)))
