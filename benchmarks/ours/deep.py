"""A deep network's step in this project's loop, and its prediction."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness import deep, variants

if TYPE_CHECKING:
    from torch import Tensor


def training(case: deep.Case, precision: str, pixels: "Tensor", labels: "Tensor") -> Callable[[], object]:
    """The loop's step."""
    from torch.nn import functional as F

    from nnlabs.training import loop

    variant = variants.of(case)
    network = variant.build(pixels.shape[1:], deep.CLASSES, deep.MEAN, deep.STD)
    network = network.to(pixels.device).train()
    optimizer = variants.optimizer(variant, network, precision)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        with loop.autocast(pixels.device, precision):
            logits = network(pixels)
        F.cross_entropy(logits.float(), labels).backward()
        optimizer.step()

    return step


def classifying(case: deep.Case, precision: str, pixels: "Tensor", labels: "Tensor") -> Callable[[], object]:
    """The loop's prediction; MobileNetV2 as the `features` stage runs it, batch normalisation folded in."""
    from nnlabs.models.predict import predict

    if case.network == "mobilenet_v2":
        network = variants.frozen(case.network, deep.MEAN, deep.STD, case.size)
    else:
        network = variants.of(case).build(pixels.shape[1:], deep.CLASSES, deep.MEAN, deep.STD)
    network.to(pixels.device)
    return lambda: predict(network, pixels, precision, tta_flip=False)


if __name__ == "__main__":
    deep.run(training, classifying)
