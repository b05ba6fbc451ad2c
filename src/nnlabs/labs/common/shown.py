"""Images of its data that the page of a lab that computes shows."""

import numpy as np

from nnlabs.data.prepared import Part
from nnlabs.scratch.arrays import Array

EACH = 2
"""Of every class."""


def samples(part: Part, classes: int) -> dict[str, Array]:
    """The first images of every class, class by class: `samples`, n x C x H x W, and `samples.labels`."""
    labels = np.asarray(part.labels)
    chosen = np.concatenate([np.flatnonzero(labels == label)[:EACH] for label in range(classes)])
    return {"samples": np.asarray(part.images[chosen]), "samples.labels": labels[chosen]}
