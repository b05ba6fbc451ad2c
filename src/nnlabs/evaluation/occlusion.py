"""What an answer rests on: regions of an image that, covered, make it less probable (Zeiler and Fergus 2014, 4.2)."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

PLACES = (np.arange(7) + 0.5) / 7
"""Of the squares' middles, along a side of the image."""
HALF = 1 / 8
"""Of a square's side, of the image's."""


def occlusion(
    probabilities: Callable[[NDArray[np.uint8]], NDArray[np.float64]],
    image: NDArray[np.uint8],
    ground: NDArray[np.float64],
) -> tuple[int, NDArray[np.float64], float]:
    """The likeliest class; how much less so it is on average when a square covers a pixel, H x W; and at most.

    `probabilities` are those of images, N x C x H x W, for classes, N x K; `ground` is the colour of the squares, C.
    """
    near = [np.abs((np.arange(side) + 0.5) / side - PLACES[:, None]) < HALF for side in image.shape[1:]]
    squares = (near[0][:, None, :, None] & near[1][:, None, :]).reshape(-1, *image.shape[1:])
    covered = np.where(squares[:, None], ground[:, None, None], image).astype(np.uint8)
    own, *others = probabilities(np.concatenate([image[None], covered]))
    best = int(own.argmax())
    lost = own[best] - np.array(others)[:, best]
    return best, np.tensordot(lost, squares, axes=1) / squares.sum(0), lost.max()
