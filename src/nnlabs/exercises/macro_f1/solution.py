"""What a classifier confuses, and its F1, each class counting the same."""

import numpy as np

from nnlabs.scratch.arrays import Array


def confusion(labels: Array, predicted: Array, classes: int) -> Array:
    """K x K counts: row i, column j has how many of class i were predicted as class j. Both are N whole numbers."""
    places = np.asarray(labels, np.int64) * classes + predicted  # of each image in the flattened matrix
    return np.bincount(places, minlength=classes**2).reshape(classes, classes)


def macro_f1(counts: Array) -> float:
    """The mean over classes of F1 = 2 hits / (true + predicted), from a confusion matrix, K x K.

    A class that is neither there nor predicted has 0.
    """
    hits, both = counts.diagonal(), counts.sum(1) + counts.sum(0)
    return float(np.divide(2 * hits, both, out=np.zeros(len(counts)), where=both > 0).mean())
