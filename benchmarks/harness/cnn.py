"""The small CNN on MNIST, 28 x 28: two convolutions of 5 x 5 with ReLU and pooling, one linear layer; batches of 64.

A worker is started with `[--threads n] [--batches k]`: a turn is k steps on one batch in memory, or without
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

BATCH = 64
LEARNING_RATE = 0.05

Step = Callable[[Any, Any], float]
"""Images N x 1 x 28 x 28 and labels N in, the loss before the step out."""


def arguments(blas: int | None = None) -> argparse.Namespace:
    """What a worker was started with. Call it before NumPy or torch is imported: they read their threads then.

    `blas`: threads of the matrix products, where they are not `--threads`.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, help="default: the library's own choice")
    parser.add_argument("--batches", type=int)
    parser.add_argument("--share", type=float, default=1.0)
    given = parser.parse_args()
    if given.threads:
        os.environ |= dict.fromkeys(THREADS, str(blas or given.threads))
    return given


def run(given: argparse.Namespace, make: "Callable[[FastCNN], Step]") -> None:
    """Take turns with the step that is made for a network; its weights are those that all begin with."""
    import numpy as np

    from harness import tasks
    from nnlabs.scratch.fast_cnn import FastCNN

    step = make(FastCNN(np.random.default_rng(0), threads=given.threads or 1))
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
