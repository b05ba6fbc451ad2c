"""Passes over a folder of pictures: `python benchmarks/folder_passes.py prepare <folder with afhq>`.

`prepare` makes the arrays anew every turn; `mapped` makes them once, and a turn is an epoch of them; with
`torchvision` a turn is an epoch of ImageFolder. An epoch ends in float batches of 0..1, on which a network
could learn.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from harness.protocol import Turns
from nnlabs.core import paths, runtime
from sections.folder import AFHQ, MIRROR, WANTED

BATCH = 64
CORES = os.cpu_count() or 1
NAME = "pictures"


def prepare() -> int:
    """All that the stage `data` does; how many images the dataset has."""
    from nnlabs.config import Dataset
    from nnlabs.data import dataset, prepare

    # a sample, for the whole set has more
    settings = Dataset(origin="afhq", seed=0, validation=0.1, size=WANTED)
    prepare.prepare(NAME, settings, "original", sample=True)
    data = dataset.load(NAME)
    return sum(len(part.labels) for part in (data.train, data.val, data.test))


def mapped() -> Callable[[], int]:
    """Epochs as the loop draws them, from mapped arrays; of all parts, so that everyone passes as many images."""
    prepare()
    runtime.configure(CORES)
    import torch

    from nnlabs.data import dataset
    from nnlabs.training.split import Split

    data = dataset.load(NAME)
    everything = Split.on(torch.device("cpu"), data.train, data.val, data.test)

    def epoch() -> int:
        return sum(len(everything.take(some).float() / 255) for some in torch.randperm(len(everything)).split(BATCH))

    return epoch


def torchvision(folder: Path) -> Callable[[], int]:
    """Epochs as a tutorial has them, with as many workers as there are cores."""
    from torch.utils.data import ConcatDataset, DataLoader

    from nnlabs.models.vision import torchvision

    steps = [torchvision.transforms.Resize((WANTED, WANTED)), torchvision.transforms.ToTensor()]
    transform = torchvision.transforms.Compose(steps)
    parts = [torchvision.datasets.ImageFolder(str(folder / part), transform) for part in AFHQ.parts.values()]
    batches = DataLoader(ConcatDataset(parts), BATCH, shuffle=True, num_workers=CORES)
    return lambda: sum(len(images) for images, _ in batches)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("who", choices=["prepare", "mapped", "torchvision"])
    parser.add_argument("mirror", type=Path)
    given = parser.parse_args()
    own = given.mirror / given.who
    paths.DATA, paths.REPORTS = own / "data", own / "reports"
    os.environ |= {MIRROR: str(given.mirror), "NNLABS_CACHE": str(own / "cache")}
    turns = Turns()
    if given.who == "prepare":
        turn: Callable[[], int] = prepare
    else:
        turn = mapped() if given.who == "mapped" else torchvision(given.mirror / AFHQ.folder)
    while True:
        turns.end(images=turn())


if __name__ == "__main__":
    main()
