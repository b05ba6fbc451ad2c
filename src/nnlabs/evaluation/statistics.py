"""Means and comparisons over seeds: Student's t throughout, paired where two variants meet.

The distributions are scipy.special's: importing scipy.stats takes half a second, a quarter of a page's time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, inf, isnan, nan, sqrt

import numpy as np
from scipy.special import nctdtrinc, ndtri, stdtr, stdtrit

LEVEL = 0.95
POWER = 0.80


def interval(values: Sequence[float]) -> float:
    """Half width of the 95 % interval of the mean over seeds; nan of a single one."""
    n = len(values)
    if n < 2:
        return nan
    return float(stdtrit(n - 1, (1 + LEVEL) / 2) * np.std(values, ddof=1) / sqrt(n))


def sampling_error(accuracy: float, n: int) -> float:
    """Half width of the 95 % interval of an accuracy measured on n images (normal approximation)."""
    return float(ndtri((1 + LEVEL) / 2) * sqrt(accuracy * (1 - accuracy) / n))


def clearly_above(mean: float, floor: float, spread: float, sampling: float) -> bool:
    """Whether a mean over seeds lies above a floor by more than chance explains.

    The half widths of the intervals over seeds (nan of one seed) and over test images are independent,
    so they add as squares.
    """
    return mean - hypot(0.0 if isnan(spread) else spread, sampling) > floor


@dataclass(frozen=True)
class Comparison:
    """One variant against another, the same seeds of both."""

    variant: str
    reference: str
    seeds: int
    difference: float
    """Mean over seeds of variant - reference."""
    interval: float
    """Half width of its 95 % interval; nan of one seed."""
    p: float
    """Of the paired t-test, corrected for the number of comparisons (Holm)."""
    together: int
    """How many comparisons were corrected together."""
    effect: float
    """Cohen's d of the paired differences; infinite where they do not vary."""
    minimum_detectable_effect: float
    """The smallest true difference that so many seeds, so many times corrected, show in four of five tries."""

    @property
    def found(self) -> bool:
        return self.p < 1 - LEVEL


def compare(variants: dict[str, dict[int, float]], pairs: Sequence[tuple[str, str]]) -> list[Comparison]:
    """Compare pairs (variant, reference) of values by seed and correct over all of them."""
    tested = sum(len(variants[one].keys() & variants[reference].keys()) > 1 for one, reference in pairs)
    raw = [_paired(one, reference, variants[one], variants[reference], tested) for one, reference in pairs]
    corrected = holm([each.p for each in raw])
    return [Comparison(**{**vars(each), "p": p}) for each, p in zip(raw, corrected, strict=True)]


def _paired(
    variant: str, reference: str, ours: dict[int, float], theirs: dict[int, float], together: int
) -> Comparison:
    seeds = sorted(ours.keys() & theirs.keys())
    n = len(seeds)
    # 0.3 - 0.2 and 0.2 - 0.1 differ in their last bits, which are rounding and no spread over seeds
    differences = np.array([round(ours[seed] - theirs[seed], 12) for seed in seeds])
    mean = float(differences.mean()) if n else nan
    std = (float(differences.std(ddof=1)) if np.ptp(differences) else 0.0) if n > 1 else nan
    if n < 2:
        p, effect = nan, nan
    elif std == 0:
        p, effect = (1.0, 0.0) if mean == 0 else (0.0, inf if mean > 0 else -inf)
    else:
        effect = mean / std
        p = float(2 * stdtr(n - 1, -abs(effect) * sqrt(n)))  # t = effect √n, both tails
    shown = minimum_detectable_effect(std, n, together)
    return Comparison(variant, reference, n, mean, interval(differences.tolist()), p, together, effect, shown)


def minimum_detectable_effect(std: float, n: int, together: int = 1) -> float:
    """The true difference that a paired t-test at 5 % with n pairs finds with 80 % power.

    Of several comparisons corrected together, the first that Holm finds is tested at 5 % / their number.
    """
    if n < 2 or isnan(std):
        return nan
    if std == 0:
        return 0.0
    critical = stdtrit(n - 1, 1 - (1 - LEVEL) / together / 2)
    # the shift that leaves 1 - power of the noncentral t below the critical value; the other tail's share is negligible
    return float(std * nctdtrinc(n - 1, 1 - POWER, critical) / sqrt(n))


def holm(ps: Sequence[float]) -> list[float]:
    """Holm's step-down correction; what is nan stays nan and does not count."""
    known = sorted((p, i) for i, p in enumerate(ps) if not isnan(p))
    corrected = list(ps)
    largest = 0.0
    for rank, (p, i) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        corrected[i] = largest
    return corrected
