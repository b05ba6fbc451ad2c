"""A deep network on images in memory, in our code and in plain torchvision's.

`python benchmarks/deep_steps.py ours resnet50 train --precision bf16 --images 256 --threads 2`: a turn
is so many images.
"""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from harness.protocol import Turns
from nnlabs.core import runtime

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nnlabs import config as params

CLASSES = 4
LEARNING_RATE = 1e-3
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


class Case(NamedTuple):
    network: str  # torchvision's name of it
    size: int  # side of the images, pixels
    batch: int


CASES = {
    "resnet50": Case("resnet50", 32, 64),
    "resnet50-large": Case("resnet50", 128, 32),
    "mobilenet": Case("mobilenet_v2", 96, 128),
}
"""As the labs `cars` in either edition, `animals` and `dogs` train them."""


def our_training(case: Case, precision: str, pixels: "Tensor", labels: "Tensor") -> Callable[[], object]:
    """The loop's step."""
    from torch.nn import functional as F

    from nnlabs.models.build import build
    from nnlabs.training import loop, optimizers

    arm = arm_of(case)
    network = build(arm, pixels.shape[1:], CLASSES, MEAN, DEVIATION).to(pixels.device).train()
    (optimizer,) = optimizers.build(arm, network, LEARNING_RATE, precision)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        with loop.autocast(pixels.device, precision):
            logits = network(pixels)
        F.cross_entropy(logits.float(), labels).backward()
        optimizer.step()

    return step


def our_classifying(case: Case, precision: str, pixels: "Tensor", labels: "Tensor") -> Callable[[], object]:
    """The loop's prediction; MobileNetV2 as the `features` stage runs it, batch normalisation folded in."""
    from nnlabs import config as params
    from nnlabs.models import backbones
    from nnlabs.models.build import build
    from nnlabs.training import loop

    network: nn.Module
    if case.network == "mobilenet_v2":
        network = backbones.Frozen(case.network, params.STAGES[case.network], MEAN, DEVIATION, case.size)
        network.fold()
    else:
        network = build(arm_of(case), pixels.shape[1:], CLASSES, MEAN, DEVIATION)
    network.to(pixels.device)
    return lambda: loop.predict(network, pixels, precision, flip_average=False)


def arm_of(case: Case) -> "params.Arm":
    from nnlabs import config as params

    common = {"lab": "", "dataset": "", "seeds": [0], "epochs": 1, "optimizer": "adam", "lr": LEARNING_RATE}
    common |= {"batch_size": case.batch}
    if case.network == "mobilenet_v2":
        own = {"model": "transfer", "backbone": case.network, "frozen": 0, "size": case.size}
        return params.Transfer.model_validate(common | own)
    return params.ResNet.model_validate(common | {"model": "resnet", "depth": 50, "stem": "large"})


def plain(case: Case, precision: str, pixels: "Tensor", labels: "Tensor", *, train: bool) -> Callable[[], object]:
    """What a tutorial does: normalised float images in the usual layout, default Adam, `loss.item()` a batch."""
    import torch

    from nnlabs.models.vision import torchvision

    network = getattr(torchvision.models, case.network)(num_classes=CLASSES).to(pixels.device).train(train)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    images = torchvision.transforms.functional.normalize(pixels / 255, MEAN, DEVIATION)
    half = torch.autocast(pixels.device.type, dtype=torch.bfloat16, enabled=precision == "bf16")

    def step() -> float:
        optimizer.zero_grad()
        with half:
            loss = torch.nn.functional.cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    def classify() -> "Tensor":
        with torch.no_grad(), half:
            return network(images).argmax(1)

    return step if train else classify


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("who", choices=["ours", "torchvision"])
    parser.add_argument("case", choices=CASES)
    parser.add_argument("mode", choices=["train", "classify"])
    parser.add_argument("--precision", choices=["float32", "bf16"], default="float32")
    parser.add_argument("--images", type=int, required=True)
    parser.add_argument("--threads", type=int, default=1, help="ours; torchvision takes as many as it likes")
    given = parser.parse_args()
    if given.who == "ours":
        runtime.configure(given.threads)
    import torch

    turns = Turns()
    torch.manual_seed(0)
    case = CASES[given.case]
    pixels = torch.randint(256, (case.batch, 3, case.size, case.size), dtype=torch.uint8)
    labels = torch.randint(CLASSES, (case.batch,))
    batch = case, given.precision, pixels, labels
    if given.who == "torchvision":
        step = plain(*batch, train=given.mode == "train")
    else:
        step = our_training(*batch) if given.mode == "train" else our_classifying(*batch)
    while True:
        for _ in range(max(1, given.images // case.batch)):
            step()
        turns.end()


if __name__ == "__main__":
    main()
