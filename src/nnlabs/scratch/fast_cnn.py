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
4. Products go in pieces of at most a million multiplications, for which OpenBLAS has a kernel that is
   up to 1.7 times as fast on matrices as narrow as these.
5. Batches go through in shards of 32 images whose arrays, made once, fit the processor's second
   cache. Shards are also what two threads share out. Since their gradients are added in a fixed
   order, the number of threads changes no bit of the result.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from nnlabs.core.errors import UserError
from nnlabs.scratch.arrays import Array, check, shape
from nnlabs.scratch.fast_layers import Block, Head, phases

SHARD = 32
"""Images that go through the network together; 16 and 64 were slower."""


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
