"""Random changes of a batch of images, on bytes, whole batches at a time."""

import torch
from torch import Tensor


def flip(images: Tensor, generator: torch.Generator) -> Tensor:  # N x C x H x W
    """Mirror each image left to right with probability one half."""
    mirrored = torch.rand(len(images), generator=generator) < 0.5
    return torch.where(mirrored.to(images.device).view(-1, 1, 1, 1), images.flip(-1), images)


def pad(images: Tensor, pixels: int) -> Tensor:  # N x C x H x W -> N x C x (H + 2p) x (W + 2p)
    """Reflect the border outwards: a shifted image then shows no frame."""
    height, width = images.shape[-2:]
    rows = _reflected(height, pixels).to(images.device)
    columns = _reflected(width, pixels).to(images.device)
    return images[..., rows[:, None], columns]


def _reflected(size: int, pixels: int) -> Tensor:
    places = torch.arange(-pixels, size + pixels).abs()
    return torch.where(places < size, places, 2 * (size - 1) - places)


def crop(images: Tensor, pixels: int, generator: torch.Generator) -> Tensor:
    """Cut a window of the old size out of the padded image, at a place drawn for each image."""
    n, channels, height, width = images.shape
    padded = pad(images, pixels)
    offsets = torch.randint(2 * pixels + 1, (2, n), generator=generator).to(images.device)
    rows = offsets[0, :, None] + torch.arange(height, device=images.device)  # N x H
    columns = offsets[1, :, None] + torch.arange(width, device=images.device)  # N x W
    flat = (rows[:, :, None] * padded.shape[-1] + columns[:, None, :]).view(n, 1, -1)  # N x 1 x HW
    return padded.flatten(2).gather(2, flat.expand(-1, channels, -1)).view(n, channels, height, width)
