"""Updates by this project's optimizers."""

from typing import TYPE_CHECKING

from harness import deep, updates, variants

if TYPE_CHECKING:
    from torch import nn, optim


def optimizer(name: str, network: "nn.Module") -> "optim.Optimizer":
    variant = variants.of(deep.CASES["resnet50"], name)
    return variants.optimizer(variant, network, "float32")


if __name__ == "__main__":
    updates.run({name: lambda network, name=name: optimizer(name, network) for name in ("adamax", "adam")})
