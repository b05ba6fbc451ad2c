"""Random changes of a batch of images, on bytes, whole batches at a time.

Each draws for the whole batch and changes the rows that are here: all of it, but where several
processes share it.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from nnlabs.training.distributed import ALONE, Share


def flip(images: Tensor, generator: torch.Generator, share: Share | None = None) -> Tensor:  # N x C x H x W
    """Mirror each image left to right with probability one half."""
    share = share or ALONE.share(len(images))
    return mirror(images, (torch.rand(share.whole, generator=generator) < 0.5)[share.rows])


def mirror(images: Tensor, chosen: Tensor) -> Tensor:  # N x C x H x W, N booleans
    """Mirror the chosen images left to right; of activations in two views take the mirrored image's."""
    chosen = chosen.to(images.device, non_blocking=True)
    if images.ndim == 5:  # N x 2 x C x H x W
        return images[torch.arange(len(images), device=images.device), chosen.long()]
    return torch.where(chosen.view(-1, 1, 1, 1), images.flip(-1), images)


def alternating(n: int, epoch: int, generator: torch.Generator) -> Tensor:  # N booleans
    """Which of n images are mirrored in an epoch: a half drawn at random in the odd ones, the other half in the even.

    Two epochs in a row then show every image from both sides, which independent draws do for one image in two
    (Jordan 2024, section 3.6). The generator is to be the same in every epoch.
    """
    return (torch.rand(n, generator=generator) < 0.5) ^ (epoch % 2 == 0)


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
    offsets = offsets.to(images.device, non_blocking=True) - pixels
    rows, columns = (
        _reflected(offset + torch.arange(size, device=images.device), size)  # N x H, N x W
        for offset, size in zip(offsets, (height, width), strict=True)
    )
    flat = (rows[:, :, None] * width + columns[:, None, :]).view(n, 1, -1)  # N x 1 x HW
    return images.flatten(2).gather(2, flat.expand(-1, channels, -1)).view_as(images)


def shifted(images: Tensor, pixels: int) -> list[Tensor]:  # each N x C x H x W
    """The images, and where pixels is not 0 the same moved by so many towards each corner, the border reflected."""
    if not pixels:
        return [images]
    height, width = images.shape[2:]
    rows, columns = (
        _reflected(torch.arange(-pixels, size + pixels, device=images.device), size) for size in (height, width)
    )
    moved = [(0, 0), (0, 2 * pixels), (2 * pixels, 0), (2 * pixels, 2 * pixels)]
    return [images] + [images[:, :, rows[y : y + height]][:, :, :, columns[x : x + width]] for y, x in moved]


def resize(images: Tensor, side: int) -> Tensor:  # N x C x H x W -> N x C x side x side
    """Images of other sides, where they are smaller each pixel a weighted mean of those it covers."""
    if images.shape[2:] == (side, side):
        return images
    small = F.interpolate(images.float(), (side, side), mode="bilinear", antialias=True)
    return small.round_().to(torch.uint8)


def _reflected(places: Tensor, size: int) -> Tensor:
    """What stands at these places of an axis that goes on mirrored beyond its `size` pixels."""
    places = places.abs()
    return torch.where(places < size, places, 2 * (size - 1) - places)
