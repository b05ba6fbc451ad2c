"""Deep networks on images in memory: what ours and torchvision's train and classify, and a worker's turns."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from harness.protocol import Turns
from nnlabs.core import runtime

if TYPE_CHECKING:
    from torch import Tensor

CLASSES = 4
LEARNING_RATE = 1e-3
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
PRECISIONS = ("float32", "bf16")
"""Of which a processor without bf16 instructions takes the first."""


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

Make = Callable[[Case, str, "Tensor", "Tensor"], Callable[[], object]]
"""From a case, a precision, pixels (bytes, N x 3 x size x size) and labels (N) a step on that batch."""


def run(training: Make, classifying: Make) -> None:
    """Take turns of so many images: `<case> train|classify --precision bf16 --images 256 [--threads 2]`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=CASES)
    parser.add_argument("mode", choices=["train", "classify"])
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    parser.add_argument("--images", type=int, required=True)
    parser.add_argument("--threads", type=int, help="default: as many as torch likes, and its own settings")
    given = parser.parse_args()
    if given.threads:
        runtime.configure(given.threads)
    import torch

    turns = Turns()
    torch.manual_seed(0)
    case = CASES[given.case]
    pixels = torch.randint(256, (case.batch, 3, case.size, case.size), dtype=torch.uint8)
    labels = torch.randint(CLASSES, (case.batch,))
    step = (training if given.mode == "train" else classifying)(case, given.precision, pixels, labels)
    while True:
        for _ in range(max(1, given.images // case.batch)):
            step()
        turns.end()
