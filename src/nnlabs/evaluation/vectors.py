"""What word vectors are worth: do they find words alike that people do, and do they complete analogies?"""

from collections.abc import Mapping, Sequence
from math import atanh, sqrt, tanh

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from nnlabs.evaluation.statistics import LEVEL
from nnlabs.scratch.nearest import Units

Place = Mapping[str, int]
"""Where a word stands in the vocabulary."""

AT_ONCE = 512
"""Questions answered by one product: 20 MB of cosines with some 10,000 words."""


def known_pairs(pairs: Sequence[tuple[str, str, float]], place: Place) -> list[tuple[int, int, float]]:
    """Those of which the vocabulary has both words."""
    return [(place[a], place[b], score) for a, b, score in pairs if a in place and b in place]


def known_questions(
    questions: Mapping[str, Sequence[tuple[str, str, str, str]]], place: Place
) -> dict[str, NDArray[np.int64]]:
    """Those of which the vocabulary has all four words, n x 4, by section; sections without any are left out."""
    known = {
        section: [[place[word] for word in row] for row in rows if all(word in place for word in row)]
        for section, rows in questions.items()
    }
    return {section: np.array(rows, np.int64) for section, rows in known.items() if rows}


def similarity(units: Units, pairs: Sequence[tuple[int, int, float]]) -> float:
    """Spearman's correlation of the cosine of two words with the likeness that people see in them."""
    from scipy.stats import spearmanr  # half a second that a page, which needs the interval alone, does without

    first, second, judged = zip(*pairs, strict=True)
    cosines = (units[list(first)] * units[list(second)]).sum(1)
    return float(spearmanr(cosines, judged).statistic)


def similarity_interval(correlation: float, n: int) -> tuple[float, float]:
    """95 % interval of Spearman's correlation for the choice of n pairs (D. Bonett, T. Wright 2000)."""
    if abs(correlation) == 1:  # tanh(atanh(1) ± half), which has no number in its middle
        return correlation, correlation
    half = float(ndtri((1 + LEVEL) / 2)) * sqrt((1 + correlation**2 / 2) / (n - 3))
    return tanh(atanh(correlation) - half), tanh(atanh(correlation) + half)


def answered(units: Units, questions: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which questions (n x 4) are answered rightly: the fourth word is nearest to second - first + third.

    By cosine, over the whole vocabulary but the three words of the question (T. Mikolov et al.:
    Efficient estimation of word representations in vector space, 2013, section 4).
    """
    right = []
    for some in np.split(questions, range(AT_ONCE, len(questions), AT_ONCE)):
        wanted = units[some[:, 1]] - units[some[:, 0]] + units[some[:, 2]]  # n x dimensions
        cosines = wanted @ units.T  # n x v, but for a factor a row
        np.put_along_axis(cosines, some[:, :3], -np.inf, axis=1)
        right.append(cosines.argmax(1) == some[:, 3])
    return np.concatenate(right)
