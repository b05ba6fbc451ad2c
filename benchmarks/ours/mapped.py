"""Epochs as the loop draws them, from arrays that were prepared once; of all parts, as everyone passes over them."""

from collections.abc import Callable
from pathlib import Path

from harness import images
from nnlabs.core import runtime
from ours.prepare import NAME, prepared


def epochs(mirror: Path) -> Callable[[], int]:
    prepared()
    runtime.configure(images.CORES)
    import torch

    from nnlabs.data.prepared import load
    from nnlabs.training.split import Split

    data = load(NAME)
    everything = Split.on(torch.device("cpu"), data.train, data.validation, data.test)

    def epoch() -> int:
        """Float batches of 0..1, on which a network could learn."""
        order = torch.randperm(len(everything)).split(images.BATCH)
        return sum(len(everything.take(some).float() / 255) for some in order)

    return epoch


if __name__ == "__main__":
    images.run("mapped", epochs)
