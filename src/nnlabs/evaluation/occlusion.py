"""What an answer rests on: regions of an image that, covered, make it less probable (Zeiler and Fergus 2014, 4.2)."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

PLACES = (np.arange(7) + 0.5) / 7
"""Of the squares' middles, along a side of the image."""
HALF = 1 / 8
"""Of a square's side, of the image's."""


def occlusion(
    probability: Callable[[NDArray[np.uint8]], NDArray[np.float64]],
    image: NDArray[np.uint8],
    ground: NDArray[np.float64],
) -> tuple[NDArray[np.float64], float]:
    """How much less probable the answer becomes on average when a square covers a pixel, H x W; and at most.

    `probability` takes images, N x C x H x W, `ground` is the colour of the squares, C.
    """
    near = [np.abs((np.arange(side) + 0.5) / side - PLACES[:, None]) < HALF for side in image.shape[1:]]
    squares = (near[0][:, None, :, None] & near[1][:, None, :]).reshape(-1, *image.shape[1:])
    covered = np.where(squares[:, None], ground[:, None, None], image).astype(np.uint8)
    own, *others = probability(np.concatenate([image[None], covered]))
    lost = own - np.array(others)
    return np.tensordot(lost, squares, axes=1) / squares.sum(0), lost.max()
