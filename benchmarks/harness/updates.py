"""Updates of all weights of ResNet-50 by one optimizer."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from harness import deep, variants
from harness.protocol import Turns
from nnlabs.core import runtime

if TYPE_CHECKING:
    from torch import nn, optim

UPDATES = 20
"""A turn."""


def run(optimizers: "dict[str, Callable[[nn.Module], optim.Optimizer]]") -> None:
    """Take turns of updates, all by the gradient of one batch: `<optimizer> [--threads 2]`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("optimizer", choices=optimizers)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    runtime.configure(given.threads)
    import torch

    turns = Turns()
    torch.manual_seed(0)
    case = deep.CASES["resnet50"]
    network = variants.of(case).build((3, case.size, case.size), deep.CLASSES, deep.MEAN, deep.STD)
    optimizer = optimizers[given.optimizer](network)
    pixels = torch.randint(256, (4, 3, case.size, case.size), dtype=torch.uint8)
    torch.nn.functional.cross_entropy(network(pixels), torch.arange(4)).backward()
    while True:
        for _ in range(UPDATES):
            optimizer.step()
        turns.end()
