"""The layers of `fast_cnn`, in its layout: C x H x W x B, the batch last; why, is said there.

`forward` and `backward` stand side by side, as in `layers`, but work in memory that is made once.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from nnlabs.scratch.arrays import Array

SMALL = 100**3
"""Multiplications of a product that OpenBLAS counts as small (its interface/gemm.c)."""

NARROW = 32
"""Columns that a piece has at least: below, the calls cost more than the kernel gains."""

LONG = 256
"""Columns of a piece from which on adding up the pieces' products costs less than the pieces gain."""


def phases(x: Array) -> Array:
    """A view of ... x H x W x B as ... x 2 x 2 x H/2 x W/2 x B: pixel (2a + p, 2b + q) is at [p, q, a, b].

    Windows that move by two pixels move by one in it, so neighbours of a row stay neighbours in memory.
    """
    *others, height, width, images = x.shape
    split = x.reshape(*others, height // 2, 2, width // 2, 2, images)
    return np.moveaxis(split, (-4, -2), (-5, -4))


def places(kernels: Array, k: int) -> Array:
    """A view of kernels, 2 x 2 x O x C x (k + 1) x (k + 1): the k x k from row i and column j on in kernels[i, j]."""
    i, j, o, c, row, column = kernels.strides
    return as_strided(kernels, (*kernels.shape[:4], k, k), (i + row, j + column, o, c, row, column))


def pieces(columns: int, numbers: int) -> int:
    """Into how few equal pieces the columns go so that a piece times a matrix of so many numbers is small.

    One, where no piece of `NARROW` columns or more is.
    """
    for n in range(1, columns // NARROW + 1):
        if columns % n == 0 and columns // n * numbers <= SMALL:
            return n
    return 1


class Block:
    """Convolution, max-pooling, bias and ReLU of B images: x, C x H x W x B, becomes y, O x h x w x B.

    x is in `phases`, and so is y, for the next block, unless this is the last.
    """

    def __init__(
        self, x: Array, dx: Array | None, parameters: Sequence[Array], gradients: Sequence[Array], last: bool
    ) -> None:
        self.weight, self.bias = parameters  # O x C x k x k, O
        self.dweight, self.dbias = gradients
        outputs, inputs, k, _ = self.weight.shape
        half = (k + 1) // 2  # a patch has k + 1 rows and columns, half of them in each phase
        seen = sliding_window_view(x, (half, half), (3, 4))  # C x 2 x 2 x h x w x B x half x half
        h, w = seen.shape[3:5]
        ordered = (lambda array: array) if last else phases
        seen = np.transpose(seen, (0, 6, 1, 7, 2, 3, 4, 5))  # C x (half x 2) x (half x 2) x h x w x B
        self.windows = ordered(seen)  # still a view of x
        self.patches = np.empty(self.windows.shape, x.dtype)
        self.y = np.empty((outputs, *self.windows.shape[5:]), x.dtype)
        self.dx, self.dy = dx, np.empty(self.y.shape, x.dtype)
        self.overlaps = [
            (ordered(dx[:, :, :, u : u + h, v : v + w]), self.patches[:, u, :, v])
            for u, v in product(range(half), repeat=2)
            if dx is not None
        ]
        # The same as matrices, and in pieces; R = C (k + 1)² is the size of a patch, N = h w B the number of windows.
        rows, n = inputs * (k + 1) ** 2, self.y[0].size
        self.flat_y, self.flat_dy = (array.reshape(outputs, n) for array in (self.y, self.dy))  # O x N
        self.sums = np.empty((4, outputs, n), x.dtype)
        self.top, self.bottom = np.empty((2, outputs, n), x.dtype)
        self.zeros = np.zeros((outputs, n), x.dtype)  # np.maximum of two arrays is four times as fast as of one and 0
        self.kernels, self.dkernels = np.zeros((4 * outputs, rows), x.dtype), np.empty((rows, 4 * outputs), x.dtype)
        sizes = (2, 2, outputs, inputs, k + 1, k + 1)
        self.placed = places(self.kernels.reshape(sizes), k)
        self.returned = places(self.dkernels.T.reshape(sizes), k)
        self.patch_matrix, self.sum_matrix = self.patches.reshape(rows, n), self.sums.reshape(4 * outputs, n)
        self.patch_pieces, self.sum_pieces = (
            matrix.reshape(len(matrix), pieces(n, self.kernels.size), -1).transpose(1, 0, 2)
            for matrix in (self.patch_matrix, self.sum_matrix)
        )

    def forward(self) -> None:
        """Compute y = relu(bias + the largest of the window's four weight * patch)."""
        np.copyto(self.patches, self.windows)
        self.placed[...] = self.weight
        np.matmul(self.kernels, self.patch_pieces, out=self.sum_pieces)
        a, b, c, d = self.sums  # O x N each: the convolution at the windows' four pixels, row by row
        np.maximum(a, b, out=self.top)
        np.maximum(c, d, out=self.bottom)
        y = np.maximum(self.top, self.bottom, out=self.flat_y)
        y += self.bias[:, None]
        np.maximum(y, self.zeros, out=y)

    def backward(self) -> None:
        """dL/dweight, dL/dbias and, unless x is the image, dL/dx, from dL/dy.

        The maximum is a knock-out tournament, and the gradient goes back to the winner alone: of
        equals the one before wins, as in PyTorch. Comparing each sum with the maximum would pay
        all the equals, and on a black background everything is equal.
        """
        dy = self.flat_dy
        dy *= self.flat_y > 0
        np.sum(dy, axis=1, out=self.dbias)
        a, b, c, d = self.sums  # each is replaced by its gradient
        bottom = np.multiply(dy, self.bottom > self.top, out=self.bottom)
        top = np.subtract(dy, bottom, out=self.top)  # one of the two is dy, the other 0
        for first, second, winner in ((a, b, top), (c, d, bottom)):
            np.multiply(winner, second > first, out=second)
            np.subtract(winner, second, out=first)
        self.kernels_gradient()
        np.sum(self.returned, axis=(0, 1), out=self.dweight)
        if self.dx is not None:
            np.matmul(self.kernels.T, self.sum_pieces, out=self.patch_pieces)  # dL/dpatches, over the patches
            self.dx.fill(0)
            for pixels, patches in self.overlaps:  # a pixel's gradient is the sum over the patches that it is in
                pixels += patches

    def kernels_gradient(self) -> None:
        """dL/dkernels, turned, R x 4O: the faster way round."""
        if self.patch_pieces.shape[2] >= LONG:
            np.sum(self.patch_pieces @ self.sum_pieces.transpose(0, 2, 1), axis=0, out=self.dkernels)
        else:
            np.matmul(self.patch_matrix, self.sum_matrix.T, out=self.dkernels)


class Head:
    """Linear layer and softmax cross-entropy; x is C x h x w x B, read as features x B without a copy."""

    def __init__(self, x: Array, dx: Array, parameters: Sequence[Array], gradients: Sequence[Array]) -> None:
        self.weight, self.bias = parameters  # K x features, K
        self.dweight, self.dbias = gradients
        self.x, self.dx = (array.reshape(self.weight.shape[1], -1) for array in (x, dx))

    def forward(self) -> None:
        self.logits = self.weight @ self.x + self.bias[:, None]  # K x B

    def backward(self, labels: Array, n: int) -> float:
        """The shard's part of the mean loss over n images; dL/dlogits = (softmax - one_hot) / n."""
        at = labels, np.arange(len(labels))
        shifted = self.logits - self.logits.max(axis=0)
        exponentials = np.exp(shifted)
        total = exponentials.sum(axis=0)
        loss = (np.log(total) - shifted[at]).sum() / n
        gradient = exponentials / total
        gradient[at] -= 1
        gradient /= n
        np.matmul(gradient, self.x.T, out=self.dweight)
        np.sum(gradient, axis=1, out=self.dbias)
        np.matmul(self.weight.T, gradient, out=self.dx)
        return float(loss)
