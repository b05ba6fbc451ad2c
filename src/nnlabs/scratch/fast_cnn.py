"""The CNN of `network` as fast as NumPy alone makes it: the same function in another memory layout.

The network is, for each of `channels`, a convolution, ReLU and 2 x 2 max-pooling, and at the end one
linear layer with softmax cross-entropy. `benchmarks/README.md` says how fast it is. What makes it so:

1. Arrays are C x H x W x B: the image is the last axis, so that neighbours in memory are the same
   pixel of neighbouring images, and whatever is cut out of an image is cut in contiguous runs.
2. One patch a pooling window instead of one a pixel. The four convolutions that a window takes the
   maximum of see k x k patches which overlap in nearly everything; together they are one patch of
   (k + 1) x (k + 1). The kernel is laid into it in four places, which makes four rows of zeros and
   weights. For k = 5 that is 36 numbers to copy instead of 100, 1.44 times the multiplications, and
   a matrix product of four times the width, which runs at about twice the rate.
3. Pooling comes before bias and ReLU: both keep the order of numbers, so the maximum may be taken
   first, and they have a quarter of the work left.
4. Batches go through in shards of 32 images whose arrays, made once, fit the processor's second
   cache. Shards are also what two threads share out. Since their gradients are added in a fixed
   order, the number of threads changes no bit of the result.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nnlabs.errors import UserError
from nnlabs.scratch.arrays import Array, check, shape

POSITIONS = list(product(range(2), repeat=2))
"""Row and column of a pooling window's pixels."""

SHARD = 32
"""Images that go through the network together; 16 and 64 were slower."""


def phases(x: Array) -> Array:
    """A view of ... x H x W x B as ... x 2 x 2 x H/2 x W/2 x B: pixel (2a + p, 2b + q) is at [p, q, a, b].

    Windows that move by two pixels move by one in it, so neighbours of a row stay neighbours in memory.
    """
    *others, height, width, images = x.shape
    split = x.reshape(*others, height // 2, 2, width // 2, 2, images)
    return np.moveaxis(split, (-4, -2), (-5, -4))


class Block:
    """Convolution, max-pooling, bias and ReLU of B images: x, C x H x W x B, becomes y, O x h x w x B.

    x is in `phases`, and so is y, for the next block, unless this is the last.
    """

    def __init__(
        self, x: Array, dx: Array | None, parameters: Sequence[Array], gradients: Sequence[Array], last: bool
    ) -> None:
        self.weight, self.bias = parameters  # O x C x k x k, O
        self.dweight, self.dbias = gradients
        outputs, inputs, self.k, _ = self.weight.shape
        half = (self.k + 1) // 2  # a patch has k + 1 rows and columns, half of them in each phase
        seen = sliding_window_view(x, (half, half), (3, 4))  # C x 2 x 2 x h x w x B x half x half
        h, w = seen.shape[3:5]
        ordered = (lambda array: array) if last else phases
        seen = np.transpose(seen, (0, 6, 1, 7, 2, 3, 4, 5))  # C x (half x 2) x (half x 2) x h x w x B
        self.windows = ordered(seen)  # still a view of x
        self.patches = np.empty(self.windows.shape, x.dtype)
        self.kernels = np.zeros((2, 2, outputs, inputs, 2 * half, 2 * half), x.dtype)
        self.y = np.empty((outputs, *self.windows.shape[5:]), x.dtype)
        self.dx, self.dy = dx, np.empty(self.y.shape, x.dtype)
        self.overlaps = [
            (ordered(dx[:, :, :, u : u + h, v : v + w]), self.patches[:, u, :, v])
            for u, v in product(range(half), repeat=2)
            if dx is not None
        ]
        self.sums = np.empty((4, outputs, self.y[0].size), x.dtype)
        self.top, self.bottom = np.empty((2, *self.sums.shape[1:]), x.dtype)
        self.zeros = np.zeros(self.top.shape, x.dtype)  # np.maximum of two arrays is four times as fast as of one and 0
        # The same memory as matrices; N is the number of windows, h w B.
        self.flat_y, self.flat_dy = (array.reshape(outputs, -1) for array in (self.y, self.dy))  # O x N
        self.kernel_matrix = self.kernels.reshape(4 * outputs, -1)  # 4O x C (k + 1)²
        self.patch_matrix = self.patches.reshape(self.kernel_matrix.shape[1], -1)  # C (k + 1)² x N
        self.sum_matrix = self.sums.reshape(4 * outputs, -1)  # 4O x N

    def forward(self) -> None:
        """Compute y = relu(bias + the largest of the window's four weight * patch)."""
        np.copyto(self.patches, self.windows)
        for i, j in POSITIONS:
            self.kernels[i, j, :, :, i : i + self.k, j : j + self.k] = self.weight
        np.matmul(self.kernel_matrix, self.patch_matrix, out=self.sum_matrix)
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
        returned = self.patch_matrix @ self.sum_matrix.T  # dL/dkernels, turned: the faster way round
        returned = returned.reshape(-1, self.k + 1, self.k + 1, 2, 2, len(dy))  # C x (k + 1) x (k + 1) x 2 x 2 x O
        self.dweight.fill(0)
        for i, j in POSITIONS:
            self.dweight += np.moveaxis(returned[:, i : i + self.k, j : j + self.k, i, j], -1, 0)
        if self.dx is not None:
            np.matmul(self.kernel_matrix.T, self.sum_matrix, out=self.patch_matrix)  # dL/dpatches, over the patches
            self.dx.fill(0)
            for pixels, patches in self.overlaps:  # a pixel's gradient is the sum over the patches that it is in
                pixels += patches


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


class Shard:
    """The layers for so many images at once, with all the memory that they need."""

    def __init__(self, network: "FastCNN", images: int) -> None:
        flat = network.flat
        self.gradient = np.empty_like(flat)
        parameters, gradients = (list(views(vector, network.shapes).values()) for vector in (flat, self.gradient))
        *blocks, head = ((parameters[i : i + 2], gradients[i : i + 2]) for i in range(0, len(parameters), 2))
        channels, height, width = network.image
        self.x = x = np.empty((channels, 2, 2, height // 2, width // 2, images), flat.dtype)
        self.blocks: list[Block] = []
        for i, block in enumerate(blocks):
            dx = self.blocks[-1].dy if self.blocks else None
            self.blocks.append(Block(x, dx, *block, last=i == len(blocks) - 1))
            x = self.blocks[-1].y
        self.head = Head(x, self.blocks[-1].dy, *head)

    def forward(self, images: Array) -> Array:
        """Logits, K x B, of images, B x C x H x W."""
        np.copyto(self.x, phases(np.moveaxis(images, 0, -1)))
        for block in self.blocks:
            block.forward()
        self.head.forward()
        return self.head.logits

    def backward(self, labels: Array, n: int) -> float:
        """After `forward`: fills `gradient`, and returns the shard's part of the mean loss over n images."""
        loss = self.head.backward(labels, n)
        for block in reversed(self.blocks):
            block.backward()
        return loss


class FastCNN:
    """Convolution, ReLU and max-pooling for each of `channels`, then a linear layer; see above.

    `threads` above 1 pays only where NumPy's own threads are off (OPENBLAS_NUM_THREADS=1, which
    `training.runtime.configure(1)` sets): both would want the same cores.

    Attributes
    ----------
    flat
        All parameters in one vector; an optimizer may take it whole.
    parameters
        Views of it in PyTorch's shapes, named as in nn.Sequential(Conv2d, ReLU, MaxPool2d, ..., Flatten, Linear).

    Raises
    ------
    UserError
        Where the sizes do not go together, and from `loss_and_gradient` and `logits` for what is no batch.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        channels: Sequence[int] = (8, 16),
        kernel: int = 5,
        image: tuple[int, int, int] = (1, 28, 28),
        classes: int = 10,
        dtype: str = "float32",
        threads: int = 1,
    ) -> None:
        self.image, self.classes = image, classes
        self.shapes = _shapes(channels, kernel, image, classes)
        self.flat = np.empty(sum(int(np.prod(sizes)) for sizes in self.shapes.values()), dtype)
        self.parameters = views(self.flat, self.shapes)
        for name, array in self.parameters.items():
            inputs = np.prod(self.shapes[name.replace("bias", "weight")][1:])
            array[...] = rng.uniform(-1, 1, array.shape) / np.sqrt(inputs)  # as PyTorch's layers begin
        self.threads = threads
        self._others = ThreadPoolExecutor(threads - 1) if threads > 1 else None
        self._shards: list[dict[int, Shard]] = [{} for _ in range(threads)]

    def loss_and_gradient(self, images: Array, labels: Array) -> tuple[float, Array]:
        """Mean cross-entropy of images N x C x H x W with labels N, and its gradient, in the order of `flat`."""
        n = self._check(images)
        self._check_labels(labels, n)
        pieces = _pieces(n)
        losses, gradients = np.empty(len(pieces)), np.empty((len(pieces), self.flat.size), self.flat.dtype)

        def work(i: int, shard: Shard) -> None:
            shard.forward(images[pieces[i]])
            losses[i] = shard.backward(labels[pieces[i]], n)
            gradients[i] = shard.gradient

        self._each(pieces, work)
        return float(losses.sum()), gradients.sum(axis=0)

    def logits(self, images: Array) -> Array:
        """N x K for images N x C x H x W."""
        pieces = _pieces(self._check(images))
        logits = np.empty((len(images), self.classes), self.flat.dtype)

        def work(i: int, shard: Shard) -> None:
            logits[pieces[i]] = shard.forward(images[pieces[i]]).T

        self._each(pieces, work)
        return logits

    def _each(self, pieces: list[slice], work: Callable[[int, Shard], None]) -> None:
        """Do the work for every piece, each thread in shards of its own; NumPy lets go of the GIL while it computes."""

        def share(thread: int) -> None:
            for i in range(thread, len(pieces), self.threads):
                size = pieces[i].stop - pieces[i].start
                ready = self._shards[thread]
                if size not in ready:
                    self._shards[thread] = ready = {key: ready[key] for key in ready if key == SHARD}  # one odd size
                    ready[size] = Shard(self, size)
                work(i, ready[size])

        waiting = [self._others.submit(share, thread) for thread in range(1, self.threads)] if self._others else []
        share(0)
        for each in waiting:
            each.result()

    def _check(self, images: Array) -> int:
        check("FastCNN", images, "N", *self.image)
        if not len(images):
            raise UserError("FastCNN: a batch of no images; one at least is needed")
        return len(images)

    def _check_labels(self, labels: Array, n: int) -> None:
        if labels.shape != (n,) or labels.dtype.kind not in "iu":
            raise UserError(f"FastCNN: labels are {shape(labels.shape)} {labels.dtype}; {n} whole numbers are needed")
        if not 0 <= labels.min() <= labels.max() < self.classes:
            wrong = labels.min() if labels.min() < 0 else labels.max()
            raise UserError(f"FastCNN: label {wrong} found; allowed: 0 to {self.classes - 1}")


def views(flat: Array, shapes: dict[str, tuple[int, ...]]) -> dict[str, Array]:
    """The vector cut up in order, nothing copied."""
    found, start = {}, 0
    for name, sizes in shapes.items():
        stop = start + int(np.prod(sizes))
        found[name] = flat[start:stop].reshape(sizes)
        start = stop
    return found


def _shapes(
    channels: Sequence[int], kernel: int, image: tuple[int, int, int], classes: int
) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the parameters, in PyTorch's order."""
    if kernel < 1 or kernel % 2 == 0:
        raise UserError(f"FastCNN: kernel {kernel} found; odd numbers are allowed, as patches fall into two phases")
    inputs, height, width = image
    found: dict[str, tuple[int, ...]] = {}
    for i, outputs in enumerate(channels):
        if min(height, width) <= kernel or height % 2 or width % 2:
            raise UserError(
                f"FastCNN: convolution {i + 1} of {len(channels)} would get {height} x {width} pixels; "
                f"even numbers above its kernel, {kernel}, are needed"
            )
        found |= {f"{3 * i}.weight": (outputs, inputs, kernel, kernel), f"{3 * i}.bias": (outputs,)}
        inputs, height, width = outputs, (height - kernel + 1) // 2, (width - kernel + 1) // 2
    last = 3 * len(channels) + 1
    return found | {f"{last}.weight": (classes, inputs * height * width), f"{last}.bias": (classes,)}


def _pieces(n: int) -> list[slice]:
    return [slice(start, min(start + SHARD, n)) for start in range(0, n, SHARD)]
