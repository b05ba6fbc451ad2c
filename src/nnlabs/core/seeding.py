"""Every random stream has a name and follows from the run's seed and the epoch.

So there is no generator state to carry: a resumed run draws what an uninterrupted one draws.
"""

import hashlib

import torch


def stream(seed: int, name: str, epoch: int = 0) -> int:
    """The 63-bit seed of one stream of one epoch."""
    digest = hashlib.sha256(f"{seed}/{name}/{epoch}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def generator(seed: int, name: str, epoch: int = 0) -> torch.Generator:
    """A generator on the CPU, so that the draws do not depend on the device."""
    return torch.Generator().manual_seed(stream(seed, name, epoch))
