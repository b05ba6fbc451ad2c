"""Updates by torch's own AdaMax."""

from typing import TYPE_CHECKING

from harness import deep, updates

if TYPE_CHECKING:
    from torch import nn, optim


def optimizer(network: "nn.Module") -> "optim.Optimizer":
    import torch

    return torch.optim.Adamax(network.parameters(), deep.LEARNING_RATE)


if __name__ == "__main__":
    updates.run({"adamax": optimizer})
