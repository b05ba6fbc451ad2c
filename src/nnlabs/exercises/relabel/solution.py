"""Some classes of a set of images, under labels of their own."""

from collections.abc import Sequence

import numpy as np

from nnlabs.scratch.arrays import Array


def filter_and_relabel(images: Array, labels: Array, wanted: Sequence[int]) -> tuple[Array, Array]:
    """The images (N x ...) whose label is wanted, in their order, and their new labels (M, int64).

    The new label of a class is its place in `wanted`.
    """
    place = np.full(max(int(labels.max(initial=0)), *wanted) + 1, -1)  # by the old label; -1 of what is not wanted
    place[list(wanted)] = np.arange(len(wanted))
    new = place[labels]
    kept = new >= 0
    return images[kept], new[kept]
