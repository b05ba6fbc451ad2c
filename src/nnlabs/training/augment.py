"""Random changes of a batch of images, on bytes, whole batches at a time.

Each draws for the whole batch and changes the rows that are here: all of it, but where several
processes share it.
"""

import torch
from torch import Tensor

from nnlabs.models.predict import reflected
from nnlabs.training.distributed import SINGLE, Shard


def coins(generator: torch.Generator, shard: Shard) -> Tensor:  # N booleans
    """Which images of a batch are mirrored: each with probability one half."""
    return (torch.rand(shard.whole, generator=generator) < 0.5)[shard.rows]


def alternating(n: int, epoch: int, generator: torch.Generator) -> Tensor:  # N booleans
    """Which of n images are mirrored in an epoch: a half drawn at random in the odd ones, the other half in the even.

    Two epochs in a row then show every image from both sides, which independent draws do for one image in two
    (Jordan 2024, section 3.6). The generator is to be the same in every epoch.
    """
    return (torch.rand(n, generator=generator) < 0.5) ^ (epoch % 2 == 0)


def crop(
    images: Tensor, pixels: int, generator: torch.Generator, shard: Shard | None = None, side: int | None = None
) -> Tensor:  # N x C x H x W -> N x C x side x side
    """Cut a window out of each image padded by `pixels`, at a place drawn for each: of its `side`, or of the old size.

    The padding reflects the border outwards, so that a shifted image shows no frame; it is never
    made, only looked up.
    """
    n, channels, *old = images.shape
    shard = shard or SINGLE.shard(n)
    lines = []
    for size in old:
        places = size + 2 * pixels + 1 - (side or size)
        first = torch.randint(places, (shard.whole, 1), generator=generator)[shard.rows].to(images.device) - pixels
        lines.append(reflected(first + torch.arange(side or size, device=images.device), size))  # N x side
    rows, columns = lines
    flat = (rows[:, :, None] * old[1] + columns[:, None, :]).view(n, 1, -1)  # N x 1 x side^2
    cut = images.flatten(2).gather(2, flat.expand(-1, channels, -1))
    return cut.view(n, channels, rows.shape[1], columns.shape[1])
