"""Parts of the CNN's step alone, on one thread and in its own memory: `products` or `copies` comes first.

What they take is what a step in NumPy cannot go below.
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness import cnn

if TYPE_CHECKING:
    from nnlabs.scratch.fast_cnn import FastCNN
    from nnlabs.scratch.fast_layers import Block


def alone(network: "FastCNN", part: "Callable[[list[Block]], Callable[[], None]]") -> cnn.Step:
    """A step that does this part for every shard of the batch."""
    from nnlabs.scratch.fast_cnn import SHARD, Shard

    work = part(Shard(network, SHARD).blocks)

    def step(images: Any, labels: Any) -> float:
        for _ in range(0, len(images), SHARD):
            work()
        return 0.0

    return step


def products(blocks: "list[Block]") -> Callable[[], None]:
    """The matrix products: forward, and for weights and input backward."""
    import numpy as np

    def work() -> None:
        for block in blocks:
            np.matmul(block.kernels, block.patch_pieces, out=block.sum_pieces)
            block.kernels_gradient()
            if block.dx is not None:
                np.matmul(block.kernels.T, block.sum_pieces, out=block.patch_pieces)

    for block in blocks:
        block.patch_matrix[...] = 0
    return work


def copies(blocks: "list[Block]") -> Callable[[], None]:
    """Copies within the second cache of as many bytes as the passes beside the products move."""
    import numpy as np

    source = np.zeros(2**15, np.float32)  # 128 kB, and as much to copy to
    target = np.empty_like(source)
    times = round(sum(moved(block) for block in blocks) / (2 * source.nbytes))

    def work() -> None:
        for _ in range(times):
            np.copyto(target, source)

    return work


def moved(block: "Block") -> int:
    """Bytes that the passes of a block's forward and backward read and write, products left out.

    Of y's size: three maxima (3 each), the bias (2) and ReLU (3); backward the mask (4), the bias (1),
    the tournament's first round (2 + 2 + 3) and its second (2 x 7). im2col reads and writes every
    patch; its transpose reads them and adds them to what is there.
    """
    y, patches = block.y.nbytes, block.patches.nbytes
    return 3 * 3 * y + 5 * y + (4 + 1 + 7 + 14) * y + 2 * patches + (3 * patches if block.dx is not None else 0)


def operations(blocks: "list[Block]") -> float:
    """Operations of a block's matrix products: a multiplication and an addition count as two."""
    once = [2 * b.kernels.size * b.patch_matrix.shape[1] * (2 if b.dx is None else 3) for b in blocks]
    return float(sum(once))


if __name__ == "__main__":
    part = {"products": products, "copies": copies}[sys.argv.pop(1)]
    cnn.run(cnn.arguments(blas=1), lambda network: alone(network, part))
