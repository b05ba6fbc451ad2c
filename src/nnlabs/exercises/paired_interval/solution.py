"""How sure a difference of two accuracies is that were measured on the same images."""

from math import sqrt
from statistics import NormalDist

import numpy as np

from nnlabs.scratch.arrays import Array


def paired_interval(ours: Array, theirs: Array, level: float = 0.95) -> tuple[float, float]:
    """The difference of accuracy, ours less theirs, and the half width of its interval.

    `ours` and `theirs` say of the same N images whether each network was right (N truth values or 0 and 1). The
    difference is taken image by image, so what makes an image hard for both falls out.
    """
    each = np.asarray(ours, float) - np.asarray(theirs, float)  # N: 1, 0 or -1
    z = NormalDist().inv_cdf((1 + level) / 2)
    return float(each.mean()), z * float(each.std()) / sqrt(len(each))
