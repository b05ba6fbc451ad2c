"""Updates of all weights of ResNet-50 by one optimizer: `python benchmarks/deep_updates.py adamax --threads 2`."""

import argparse

from harness.protocol import Turns
from nnlabs.core import runtime

UPDATES = 20
"""A turn."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("optimizer", choices=["adamax", "torch-adamax", "adam"])
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    runtime.configure(given.threads)
    import torch
    from torch.nn import functional as F

    from nnlabs.models.build import build
    from nnlabs.training import optimizers
    from ours.deep import CASES, CLASSES, DEVIATION, LEARNING_RATE, MEAN, arm_of

    turns = Turns()
    torch.manual_seed(0)
    case = CASES["resnet50"]
    arm = arm_of(case)
    network = build(arm, (3, case.size, case.size), CLASSES, MEAN, DEVIATION)
    if given.optimizer == "torch-adamax":
        optimizer = torch.optim.Adamax(network.parameters(), LEARNING_RATE)
    else:
        arm = arm.model_copy(update={"optimizer": given.optimizer})
        (optimizer,) = optimizers.build(arm, network, LEARNING_RATE, "float32")
    pixels = torch.randint(256, (4, 3, case.size, case.size), dtype=torch.uint8)
    F.cross_entropy(network(pixels), torch.arange(4)).backward()
    while True:
        for _ in range(UPDATES):
            optimizer.step()
        turns.end()


if __name__ == "__main__":
    main()
