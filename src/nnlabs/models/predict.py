"""What a network makes of many images: batch by batch, and averaged over views where asked (test-time augmentation)."""

import torch
from torch import Tensor, nn


@torch.inference_mode()
def predict(
    network: nn.Module,
    images: Tensor,
    precision: str,
    *,
    tta_flip: bool,
    tta_shift: int = 0,
    batch_size: int = 1000,
) -> Tensor:
    """Logits of uint8 images, N x classes, float32; averaged over mirrored and shifted views where asked.

    Of images larger than 64 x 64 pixels it takes fewer at a time: a thousand of 224 would need gigabytes.
    """
    network.eval()
    device = next(network.parameters()).device
    pixels = images.shape[-2] * images.shape[-1]
    at_once = max(1, batch_size * min(pixels, 64 * 64) // pixels)
    parts = []
    for batch in images.split(at_once):  # type: ignore[no-untyped-call]
        batch = batch.to(device, non_blocking=True)
        with autocast(device, precision):
            views = [batch, *(view for pixels in range(1, tta_shift + 1) for view in shifted(batch, pixels))]
            logits = torch.stack([_both_ways(network, view, tta_flip) for view in views]).mean(0)
        parts.append(logits)
    return torch.cat(parts)


def _both_ways(network: nn.Module, images: Tensor, tta_flip: bool) -> Tensor:
    logits: Tensor = network(images).float()
    if tta_flip:
        logits = (logits + network(images.flip(-1)).float()) / 2
    return logits


def autocast(device: torch.device, precision: str) -> torch.autocast:
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")


def shifted(images: Tensor, pixels: int) -> list[Tensor]:  # each N x C x H x W
    """The images moved by so many pixels towards each corner, the border reflected."""
    height, width = images.shape[2:]
    rows, columns = (
        reflected(torch.arange(-pixels, size + pixels, device=images.device), size) for size in (height, width)
    )
    moved = [(0, 0), (0, 2 * pixels), (2 * pixels, 0), (2 * pixels, 2 * pixels)]
    return [images[:, :, rows[y : y + height]][:, :, :, columns[x : x + width]] for y, x in moved]


def reflected(places: Tensor, size: int) -> Tensor:
    """What stands at these places of an axis that goes on mirrored beyond its `size` pixels."""
    places = places.abs()
    return torch.where(places < size, places, 2 * (size - 1) - places)
