"""Words by the angles between their vectors: neighbours and analogies."""

import numpy as np
from numpy.typing import NDArray

Units = NDArray[np.float32]
"""v x dimensions, rows of length 1: their products are cosines."""


def unit(vectors: NDArray[np.float32]) -> Units:
    """The same directions, of length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Units = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
    return units


def neighbours(units: Units, word: int, n: int) -> list[tuple[int, float]]:
    """The n words nearest to a word by cosine, itself left out."""
    return _nearest(units @ units[word], [word], n)


def analogy(units: Units, first: int, second: int, third: int, n: int) -> list[tuple[int, float]]:
    """The n best answers to "first is to second as third to ...": nearest to second - first + third.

    By cosine, the three words themselves left out (T. Mikolov et al.: Efficient estimation of
    word representations in vector space, 2013, section 4).
    """
    wanted = units[second] - units[first] + units[third]
    return _nearest(units @ (wanted / np.linalg.norm(wanted)), [first, second, third], n)


def _nearest(cosines: NDArray[np.float32], without: list[int], n: int) -> list[tuple[int, float]]:
    cosines[without] = -np.inf
    order = np.argsort(-cosines, kind="stable")[: min(n, len(cosines) - len(set(without)))]
    return [(int(place), float(cosines[place])) for place in order]
