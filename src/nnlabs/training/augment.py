"""Random changes of a batch of images, on bytes, whole batches at a time.

Each draws for the whole batch and changes the rows that are here: all of it, but where several
processes share it.
"""

import torch
from torch import Tensor

from nnlabs.training.distributed import ALONE, Share


def flip(images: Tensor, generator: torch.Generator, share: Share | None = None) -> Tensor:
    """Mirror each image, N x C x H x W, left to right with probability one half.

    Of activations in two views, N x 2 x C x H x W, the mirrored image's are taken instead.
    """
    share = share or ALONE.share(len(images))
    mirrored = (torch.rand(share.whole, generator=generator) < 0.5)[share.rows].to(images.device)
    if images.ndim == 5:
        return images[torch.arange(len(images), device=images.device), mirrored.long()]
    return torch.where(mirrored.view(-1, 1, 1, 1), images.flip(-1), images)


def crop(
    images: Tensor, pixels: int, generator: torch.Generator, share: Share | None = None
) -> Tensor:  # N x C x H x W
    """Cut a window of the same size out of each image padded by `pixels`, at a place drawn for each.

    The padding reflects the border outwards, so that a shifted image shows no frame; it is never
    made, only looked up.
    """
    n, channels, height, width = images.shape
    share = share or ALONE.share(n)
    offsets = torch.randint(2 * pixels + 1, (2, share.whole, 1), generator=generator)[:, share.rows]
    rows = _reflected(height, pixels)[offsets[0] + torch.arange(height)]  # N x H
    columns = _reflected(width, pixels)[offsets[1] + torch.arange(width)]  # N x W
    flat = (rows[:, :, None] * width + columns[:, None, :]).view(n, 1, -1).to(images.device)  # N x 1 x HW
    return images.flatten(2).gather(2, flat.expand(-1, channels, -1)).view_as(images)


def _reflected(size: int, pixels: int) -> Tensor:
    """The source of every place of the padded axis."""
    places = torch.arange(-pixels, size + pixels).abs()
    return torch.where(places < size, places, 2 * (size - 1) - places)
