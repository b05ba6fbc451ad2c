"""Intervals and verdicts that count what varies over seeds and what varies over test images.

A score is measured with S seeds on N test images, and both are samples: other seeds would train other networks, other
images would ask them other things. Their shares of an interval's half width add as squares,

    half² = (t · s_seeds / √S)² + (z · s_images / √N)²,

t of Student's distribution, z of the normal one. What varies from image to image and from seed to seed at once, which
images a seed happens to get right, is in the spread over seeds already, and is taken out of s_images. Two variants see
the same images, so their difference is taken image by image; they share no luck of a seed (initial weights of other
shapes, another order of updates), so seeds are not paired and their spreads are not pooled (B. Welch 1947). Where a
page makes m comparisons, each interval is wide enough that all of them hold together with 95 % (Bonferroni), and a
difference is found when its interval leaves out zero.

The distributions are scipy.special's: importing scipy.stats takes half a second, a quarter of a page's time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import hypot, isnan, nan, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

LEVEL = 0.95
ENOUGH = 3
"""Seeds below which nothing is said of a difference."""

Floats = NDArray[np.float64]


def interval(values: Sequence[float], together: int = 1) -> float:
    """Half width of the interval of a mean over seeds alone, at 95 % for `together` intervals; nan of a single one."""
    n = len(values)
    if n < 2:
        return nan
    return _t(n - 1, together) * float(np.std(values, ddof=1)) / sqrt(n)


def sampling_error(accuracy: float, n: int) -> float:
    """Half width of the 95 % interval of an accuracy measured on n images (normal approximation)."""
    return image_error(sqrt(accuracy * (1 - accuracy)), n)


def image_error(std: float, n: int, together: int = 1) -> float:
    """Half width of the interval of a mean over n images that differ by this standard deviation."""
    return float(ndtri(_upper(together))) * std / sqrt(n)


@dataclass(frozen=True)
class Sample:
    """A score of S runs on the same N test images."""

    seeds: Floats
    """S scores."""
    images: Floats
    """N; what each image adds to the mean score: of an accuracy, the part of the seeds that is right."""
    chance: float = 0.0
    """The part of the variance of `images` that other seeds would have distributed otherwise."""

    @classmethod
    def of(cls, seeds: Sequence[float], outcomes: Floats | None = None) -> "Sample":
        """`outcomes`, S x N, are what each image adds to each run; None where seeds have images of their own."""
        if outcomes is None:
            return cls(np.asarray(seeds, float), np.empty(0))
        chance = float(outcomes.var(0, ddof=1).mean() / len(seeds)) if len(seeds) > 1 else 0.0
        return cls(np.asarray(seeds, float), outcomes.mean(0), chance)

    @property
    def mean(self) -> float:
        return float(self.seeds.mean())

    @property
    def interval(self) -> float:
        """Half width of the 95 % interval of the mean over seeds and images; nan of one seed."""
        over_seeds = interval(self.seeds.tolist())
        if not len(self.images):
            return over_seeds
        return hypot(over_seeds, image_error(_lasting(self.images, self.chance), len(self.images)))


@dataclass(frozen=True)
class Comparison:
    """One variant against another."""

    variant: str
    reference: str
    seeds: int
    """Of the one that has fewer."""
    difference: float
    """Mean of variant - mean of reference."""
    interval: float
    """Half width of its interval, adjusted for the page's comparisons; nan where there is no spread to know it by."""
    together: int = 1
    """How many comparisons it is adjusted for."""

    @property
    def low(self) -> float:
        return self.difference - self.interval

    @property
    def high(self) -> float:
        return self.difference + self.interval

    @property
    def decidable(self) -> bool:
        """Whether there are seeds enough, and a spread over them, to say anything."""
        return self.seeds >= ENOUGH and not isnan(self.interval)

    @property
    def found(self) -> bool:
        """Whether there is a difference: the interval leaves out zero."""
        return self.decidable and (self.low > 0 or self.high < 0)

    @property
    def better(self) -> bool:
        return self.found and self.difference > 0

    @property
    def worse(self) -> bool:
        return self.found and self.difference < 0

    @property
    def excluded(self) -> float:
        """A difference, of either sign, larger than which there is none: the interval's far end."""
        return max(abs(self.low), abs(self.high))

    def within(self, margin: float) -> bool:
        """Whether the two are as good as equal: the whole interval lies within ± margin."""
        return self.decidable and self.excluded <= margin

    @property
    def reversed(self) -> "Comparison":
        """The same, told of the other."""
        return replace(self, variant=self.reference, reference=self.variant, difference=-self.difference)


def compare(
    samples: Mapping[str, Sample], pairs: Sequence[tuple[str, str]], together: int | None = None
) -> list[Comparison]:
    """Compare pairs (variant, reference), so that all intervals hold together.

    `together` are all comparisons of a page that makes more than these.
    """
    return [_compared(pair, samples[pair[0]], samples[pair[1]], together or len(pairs)) for pair in pairs]


def compare_asked(
    samples: Mapping[str, Sample], asked: Mapping[str, Sequence[tuple[str, str]]]
) -> dict[str, list[Comparison]]:
    """By question, compare those of its pairs (variant, reference) that are there; all intervals hold together.

    A pair of two questions is one comparison, and a question of which no pair is there has none.
    """
    pairs = {question: [pair for pair in each if samples.keys() >= {*pair}] for question, each in asked.items()}
    distinct = list(dict.fromkeys(pair for each in pairs.values() for pair in each))
    found = dict(zip(distinct, compare(samples, distinct), strict=True))
    return {question: [found[pair] for pair in dict.fromkeys(each)] for question, each in pairs.items() if each}


def with_first(variants: Sequence[str]) -> list[tuple[str, str]]:
    """Each of the others with the first."""
    return [(each, variants[0]) for each in variants[1:]]


def _compared(names: tuple[str, str], ours: Sample, theirs: Sample, together: int) -> Comparison:
    seeds = min(len(ours.seeds), len(theirs.seeds))
    return Comparison(
        *names, seeds, ours.mean - theirs.mean, _half_width(ours, theirs, together) if seeds > 1 else nan, together
    )


def _half_width(ours: Sample, theirs: Sample, together: int) -> float:
    # 0.3 - 0.2 and 0.2 - 0.1 differ in their last bits, which are rounding and no spread over seeds
    if min(np.ptp(ours.seeds), np.ptp(theirs.seeds)) < 1e-12:
        return nan
    own, its = (float(each.seeds.var(ddof=1) / len(each.seeds)) for each in (ours, theirs))
    freedom = (own + its) ** 2 / (own**2 / (len(ours.seeds) - 1) + its**2 / (len(theirs.seeds) - 1))
    over_seeds = _t(freedom, together) * sqrt(own + its)
    if not (len(ours.images) and len(theirs.images)):
        return over_seeds
    lasting = _lasting(ours.images - theirs.images, ours.chance + theirs.chance)
    return hypot(over_seeds, image_error(lasting, len(ours.images), together))


def _lasting(images: Floats, chance: float) -> float:
    """Standard deviation of images, less what other seeds would have distributed otherwise."""
    return sqrt(max(float(images.var()) - chance, 0.0))


def _upper(together: int) -> float:
    """Below it lies all but the upper tail, of `together` intervals that are to hold together."""
    return 1 - (1 - LEVEL) / 2 / together


def _t(freedom: float, together: int) -> float:
    return float(stdtrit(freedom, _upper(together)))
