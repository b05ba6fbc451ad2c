"""Random changes of a batch of images, on bytes, whole batches at a time.

Each draws for the whole batch and changes the rows that are here: all of it, but where several
processes share it.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

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
    images: Tensor, pixels: int, generator: torch.Generator, shard: Shard | None = None
) -> Tensor:  # N x C x H x W
    """Cut a window of the same size out of each image padded by `pixels`, at a place drawn for each.

    The padding reflects the border outwards, so that a shifted image shows no frame; it is never
    made, only looked up.
    """
    n, channels, height, width = images.shape
    shard = shard or SINGLE.shard(n)
    offsets = torch.randint(2 * pixels + 1, (2, shard.whole, 1), generator=generator)[:, shard.rows]
    offsets = offsets.to(images.device, non_blocking=True) - pixels
    rows, columns = (
        reflected(offset + torch.arange(size, device=images.device), size)  # N x H, N x W
        for offset, size in zip(offsets, (height, width), strict=True)
    )
    flat = (rows[:, :, None] * width + columns[:, None, :]).view(n, 1, -1)  # N x 1 x HW
    return images.flatten(2).gather(2, flat.expand(-1, channels, -1)).view_as(images)


def resize(images: Tensor, side: int) -> Tensor:  # N x C x H x W -> N x C x side x side
    """Images of other sides, where they are smaller each pixel a weighted mean of those it covers."""
    if images.shape[2:] == (side, side):
        return images
    small = F.interpolate(images.float(), (side, side), mode="bilinear", antialias=True)
    return small.round_().to(torch.uint8)
