"""A deep network as a tutorial has it: float images in the usual layout, default Adam, `loss.item()` a batch."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness import deep

if TYPE_CHECKING:
    from torch import Tensor, nn


def training(case: deep.Case, precision: str, pixels: "Tensor", labels: "Tensor") -> Callable[[], object]:
    import torch

    network, images, half = _ready(case, precision, pixels)
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=deep.LEARNING_RATE)

    def step() -> float:
        optimizer.zero_grad()
        with half:
            loss = torch.nn.functional.cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def classifying(case: deep.Case, precision: str, pixels: "Tensor", labels: "Tensor") -> Callable[[], object]:
    import torch

    network, images, half = _ready(case, precision, pixels)
    network.eval()

    def classify() -> "Tensor":
        with torch.no_grad(), half:
            return network(images).argmax(1)

    return classify


def _ready(case: deep.Case, precision: str, pixels: "Tensor") -> "tuple[nn.Module, Tensor, Any]":
    """The network, its images, and the context of the forward pass."""
    import torch

    from nnlabs.models.vision import torchvision

    network = getattr(torchvision.models, case.network)(num_classes=deep.CLASSES).to(pixels.device)
    images = torchvision.transforms.functional.normalize(pixels / 255, deep.MEAN, deep.STD)
    return network, images, torch.autocast(pixels.device.type, dtype=torch.bfloat16, enabled=precision == "bf16")


if __name__ == "__main__":
    deep.run(training, classifying)
