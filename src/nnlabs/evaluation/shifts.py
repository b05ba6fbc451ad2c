"""Accuracy on images that have been moved: how far a network knows a thing again in another place."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nnlabs.core.errors import UserError
from nnlabs.models.predict import predict, reflected

WAYS = ((0, 1), (0, -1), (1, 0), (-1, 0))
"""Rows and columns: right, left, down, up."""


def moved(images: Tensor, rows: int, columns: int) -> Tensor:  # N x C x H x W
    """The images moved down and to the right by so many pixels; what comes in is the border, mirrored."""
    height, width = images.shape[2:]
    from_rows = reflected(torch.arange(height, device=images.device) - rows, height)
    from_columns = reflected(torch.arange(width, device=images.device) - columns, width)
    return images[:, :, from_rows][:, :, :, from_columns]


def accuracies(
    network: nn.Module, images: Tensor, labels: NDArray[np.int64], precision: str, shifts: Sequence[int]
) -> list[float]:
    """Of each shift the accuracy over all images and the four ways to go; one view of each image.

    Raises
    ------
    UserError
        Where images are not large enough to be moved so far.
    """
    most = min(images.shape[2:]) - 1
    if max(shifts) > most:
        found = f"params.yaml: evaluation.shifts: {max(shifts)} found"
        raise UserError(f"{found}; images of {images.shape[2]} x {images.shape[3]} pixels allow at most {most}")
    found_right = []
    for pixels in shifts:
        ways = WAYS if pixels else WAYS[:1]
        right = [_right(network, moved(images, pixels * y, pixels * x), labels, precision) for y, x in ways]
        found_right.append(float(np.mean(right)))
    return found_right


def _right(network: nn.Module, images: Tensor, labels: NDArray[np.int64], precision: str) -> float:
    predicted = predict(network, images, precision, tta_flip=False).argmax(1).cpu().numpy()
    return float((predicted == labels).mean())
