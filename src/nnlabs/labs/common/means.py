"""The difference of two means over seeds, and what may be said of it: Welch's interval, for all of a page's comparisons.

Everything that the labs that compute compare is compared here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

LEVEL = 0.95
FEWEST = 3
"""Seeds below which a spread says too little."""


@dataclass(frozen=True)
class Difference:
    """One mean less another, with its interval at a level of 1 − 0.05 / (comparisons of the page)."""

    value: float
    half: float | None
    """Half width of the interval; None where there are too few seeds or none of the two varies."""

    @property
    def low(self) -> float | None:
        return None if self.half is None else self.value - self.half

    @property
    def high(self) -> float | None:
        return None if self.half is None else self.value + self.half

    @property
    def above(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.low is not None and self.low > 0

    @property
    def below(self) -> bool:
        return self.high is not None and self.high < 0


def difference(one: Sequence[float], other: Sequence[float], together: int, images: float = 0.0) -> Difference:
    """Mean of one less mean of the other; `images` is the standard error that the choice of the images adds."""
    value = float(np.mean(one) - np.mean(other))
    errors = [np.var(each, ddof=1) / len(each) if len(each) > 1 else 0.0 for each in (one, other)]
    if min(len(one), len(other)) < FEWEST or not sum(errors) > 0:
        return Difference(value, None)
    part = 1 - (1 - LEVEL) / together / 2
    freedom = sum(errors) ** 2 / sum(e**2 / (len(each) - 1) for e, each in zip(errors, (one, other), strict=True))
    return Difference(value, hypot(stdtrit(freedom, part) * sqrt(sum(errors)), ndtri(part) * images))


def image_error(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Standard error of a difference of accuracies from the choice of the images; seeds x images, whether right."""
    apart = one.mean(0) - other.mean(0)
    return float(apart.std(ddof=1) / sqrt(len(apart))) if len(apart) > 1 else 0.0
