"""The small CNN on MNIST, 28 x 28: two convolutions of 5 x 5 with ReLU and pooling, one linear layer; batches of 64.

`byhand_cnn.py <who> [--threads n] [--batches k]`: a turn is k steps on one batch in memory, or without
--batches an epoch of shuffled ones. Everyone begins with the same weights and descends at the same
rate, so the loss after a step shows whether all compute the same.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.protocol import THREADS, Turns

if TYPE_CHECKING:
    from nnlabs.scratch.fast_cnn import FastCNN
    from nnlabs.scratch.fast_layers import Block
    from peers.numpy_cnns import Step, Weights

BATCH = 64
LEARNING_RATE = 0.05
OWN = ("ours", "products", "copies", "pytorch")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("who")
    parser.add_argument("--threads", type=int, help="default: the library's own choice")
    parser.add_argument("--batches", type=int)
    parser.add_argument("--share", type=float, default=1.0)
    given = parser.parse_args()
    if given.threads:  # before NumPy and torch are loaded; our threads are not NumPy's
        os.environ |= dict.fromkeys(THREADS, "1" if given.who in OWN[:3] else str(given.threads))
    import numpy as np

    from harness import tasks
    from nnlabs.scratch.fast_cnn import FastCNN

    network = FastCNN(np.random.default_rng(0), threads=given.threads or 1)
    step = _step(given.who, network)
    images, labels = tasks.part("mnist", "train", given.share)
    pixels = np.float32(1 / 255)
    turns = Turns()
    order = np.random.default_rng(1)
    if given.batches:
        batch = images[:BATCH] * pixels, labels[:BATCH]
        losses: list[float] = []
        while True:
            for _ in range(given.batches):
                losses = [*losses, step(*batch)][:2]
            turns.end(loss=losses[-1])  # of the second step ever made
    before = peak()
    while True:
        shuffled = order.permutation(len(images))
        for start in range(0, len(images), BATCH):
            chosen = shuffled[start : start + BATCH]
            loss = step(images[chosen] * pixels, labels[chosen])
        turns.end(loss=loss, megabytes=peak(), before=before)


def peak() -> float:
    """The largest resident memory of this program so far, MB. Linux; `getrusage` would count the parent's, too."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024 / 1e6


def _step(who: str, network: "FastCNN") -> "Step":
    if who not in OWN:
        from peers.numpy_cnns import PEERS

        return PEERS[who](network.parameters, LEARNING_RATE)
    made: dict[str, Callable[[], Step]] = {
        "ours": lambda: _ours(network),
        "pytorch": lambda: _pytorch(network.parameters),
        "products": lambda: _limit(network, _products),
        "copies": lambda: _limit(network, _copies),
    }
    return made[who]()


def _ours(network: "FastCNN") -> "Step":
    def step(images: Any, labels: Any) -> float:
        loss, gradient = network.loss_and_gradient(images, labels)
        gradient *= LEARNING_RATE
        network.flat -= gradient
        return loss

    return step


def _pytorch(weights: "Weights") -> "Step":
    import torch
    from torch import nn

    model = nn.Sequential(
        *(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(256, 10)),
    )
    model.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
    optimizer = torch.optim.SGD(model.parameters(), LEARNING_RATE)

    def step(images: Any, labels: Any) -> float:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(torch.from_numpy(images)), torch.from_numpy(labels))
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def _limit(network: "FastCNN", part: "Callable[[list[Block]], Callable[[], None]]") -> "Step":
    """A part of our step alone, on one thread and in its own memory."""
    from nnlabs.scratch.fast_cnn import SHARD, Shard

    work = part(Shard(network, SHARD).blocks)

    def step(images: Any, labels: Any) -> float:
        for _ in range(0, len(images), SHARD):
            work()
        return 0.0

    return step


def _products(blocks: "list[Block]") -> Callable[[], None]:
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


def _copies(blocks: "list[Block]") -> Callable[[], None]:
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


def products(blocks: "list[Block]") -> float:
    """Operations of a block's matrix products: a multiplication and an addition count as two."""
    once = [2 * b.kernels.size * b.patch_matrix.shape[1] * (2 if b.dx is None else 3) for b in blocks]
    return float(sum(once))


if __name__ == "__main__":
    main()
