"""Intervals and verdicts: by hand, against SciPy, and their coverage by simulation."""

from collections.abc import Callable
from math import hypot, isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.special import ndtr

from nnlabs.evaluation.statistics import (
    Comparison,
    Sample,
    compare,
    compare_asked,
    image_error,
    interval,
    sampling_error,
    with_first,
)

Floats = NDArray[np.float64]
Worlds = list[tuple[Sample, Sample]]


def one(ours: Sample, theirs: Sample) -> Comparison:
    return compare({"ours": ours, "theirs": theirs}, [("ours", "theirs")])[0]


def seeds(*scores: float) -> Sample:
    """Scores of seeds, images not counted."""
    return Sample.of(scores)


# ---------------------------------------------------------------- by hand


def test_interval_by_hand() -> None:
    # two seeds: t(0.975, 1) = 12.7062; deviation 0.1 / sqrt(2); half width 12.7062 * 0.1 / sqrt(2) / sqrt(2)
    assert interval([0.8, 0.9]) == pytest.approx(0.635310, abs=1e-6)
    # three: t(0.975, 2) = 4.30265; deviation 0.02; 4.30265 * 0.02 / sqrt(3)
    assert interval([0.80, 0.84, 0.82]) == pytest.approx(0.0496828, abs=1e-7)
    # five together: t(0.995, 2) = 9.92484
    assert interval([0.80, 0.84, 0.82], together=5) == pytest.approx(9.92484 * 0.02 / sqrt(3), abs=1e-7)
    assert isnan(interval([0.9]))


def test_the_error_over_images_by_hand() -> None:
    # 1.959964 * sqrt(0.9 * 0.1 / 10000) = 1.959964 * 0.003
    assert sampling_error(0.9, 10_000) == pytest.approx(0.00587989, abs=1e-8)
    assert sampling_error(1.0, 100) == 0
    assert image_error(0.3, 10_000) == pytest.approx(0.00587989, abs=1e-8)
    # five together: z(0.995) = 2.575829
    assert image_error(0.3, 10_000, together=5) == pytest.approx(2.575829 * 0.003, abs=1e-8)


def test_a_comparison_by_hand() -> None:
    # seeds: variances 0.0001 and 0.0004 over three seeds, standard error sqrt(0.0005 / 3), Welch's freedom
    # 0.0005² / (0.0001² / 2 + 0.0004² / 2) = 50 / 17, t(0.975, 50 / 17) = 3.218759
    got = one(seeds(0.91, 0.92, 0.93), seeds(0.86, 0.88, 0.90))
    assert (got.variant, got.reference, got.seeds, got.together) == ("ours", "theirs", 3, 1)
    assert got.difference == pytest.approx(0.04)
    assert got.interval == pytest.approx(3.218759 * sqrt(0.0005 / 3), abs=1e-7)
    assert not got.found


OURS = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1]], float)
"""What three seeds get right of four images."""
THEIRS = np.array([[1, 0, 0, 0], [1, 0, 0, 1], [1, 0, 0, 0]], float)


def test_seeds_and_images_add_as_squares_and_what_is_in_both_is_counted_once() -> None:
    ours, theirs = Sample.of(OURS.mean(1).tolist(), OURS), Sample.of(THEIRS.mean(1).tolist(), THEIRS)
    # ours: images right 1, 1, 2/3, 1/3 of the time; over seeds the last two vary, each by 1/3: 2/3 / 4 images / 3 seeds
    assert ours.images.tolist() == pytest.approx([1, 1, 2 / 3, 1 / 3])
    assert (ours.chance, theirs.chance) == pytest.approx((1 / 18, 1 / 36))
    # differences of the images 0, 1, 2/3, 0: variance 13/36 - 25/144 = 3/16; without chance, 1/12, it is 5/48
    lasting = sqrt(5 / 48)
    # seeds 0.75, 0.5, 1 and 0.25, 0.5, 0.25: variances 1/16 and 1/48
    own, its = 1 / 48, 1 / 144
    freedom = (own + its) ** 2 / (own**2 / 2 + its**2 / 2)
    over_seeds = stats.t.ppf(0.975, freedom) * sqrt(own + its)
    got = one(ours, theirs)
    assert got.difference == pytest.approx(5 / 12)
    assert got.interval == pytest.approx(hypot(over_seeds, 1.959964 * lasting / 2), rel=1e-6)
    # of ours alone the images' variance is 11/144, of which 1/18 is chance
    alone = hypot(interval(ours.seeds.tolist()), 1.959964 * sqrt(11 / 144 - 1 / 18) / 2)
    assert ours.interval == pytest.approx(alone, rel=1e-6)


def test_images_that_differ_by_chance_alone_add_nothing() -> None:
    rows = np.array([[1, 0], [0, 1], [1, 0]], float)  # variance of 2/3 and 1/3: 1/36, less than their chance, 1/9
    assert Sample.of([0.5, 0.6, 0.7], rows).interval == interval([0.5, 0.6, 0.7])


def test_one_seed_has_no_interval() -> None:
    assert isnan(Sample.of([0.5], OURS[:1]).interval)
    assert isnan(one(Sample.of([0.5], OURS[:1]), Sample.of([0.5, 0.6], THEIRS[:2])).interval)


# ---------------------------------------------------------------- against SciPy

SCORES = st.lists(st.floats(0, 1), min_size=2, max_size=8).filter(lambda each: np.ptp(each) > 1e-3)


@given(SCORES, SCORES)
def test_over_seeds_it_is_welchs(ours: list[float], theirs: list[float]) -> None:
    got = one(Sample.of(ours), Sample.of(theirs))
    low, high = stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval(0.95)
    assert (got.low, got.high) == pytest.approx((low, high), abs=1e-9)
    assert got.seeds == min(len(ours), len(theirs))


@given(SCORES, st.integers(0, 2**32 - 1))
def test_over_images_it_is_the_paired_normal_interval(scores: list[float], seed: int) -> None:
    """Of seeds that all see the same right there is no chance to take out."""
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 2, (2, 50)).astype(float)
    ours, theirs = (Sample.of(scores, np.tile(images, (len(scores), 1))) for images in (a, b))
    got = one(ours, theirs)
    _, high = stats.norm.interval(0.95, scale=(a - b).std() / sqrt(50)) if (a != b).any() else (0, 0)
    assert got.interval == pytest.approx(hypot(one(Sample.of(scores), Sample.of(scores)).interval, high))


@given(SCORES, SCORES, st.integers(1, 30))
def test_more_comparisons_make_each_interval_wider_and_all_hold_together(
    ours: list[float], theirs: list[float], together: int
) -> None:
    a, b = Sample.of(ours), Sample.of(theirs)
    every = compare({"a": a, "b": b}, [("a", "b")] * together)
    assert {each.together for each in every} == {together} and len({each.interval for each in every}) == 1
    low, high = stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval(1 - 0.05 / together)
    assert every[0].interval == pytest.approx((high - low) / 2, rel=1e-6)


@given(SCORES, SCORES)
def test_told_of_the_other_it_is_the_same_turned(ours: list[float], theirs: list[float]) -> None:
    got, back = compare(
        {"a": Sample.of(ours), "b": Sample.of(theirs)},
        [("a", "b"), ("b", "a")],
    )
    assert (got.reversed.variant, got.reversed.reference) == ("b", "a")
    assert (got.reversed.low, got.reversed.high) == pytest.approx((back.low, back.high))
    assert (got.better, got.worse, got.found) == (back.worse, back.better, back.found)
    assert got.reversed.reversed == got


def test_a_shared_pair_counts_once_and_what_is_not_there_is_not_compared() -> None:
    samples = {name: seeds(at, at + 0.01, at + 0.03) for name, at in (("a", 0.5), ("b", 0.6), ("c", 0.7))}
    asked = {
        "one": [*with_first(["a", "b", "gone"]), ("b", "a")],
        "two": with_first(["b", "a", "c"]),
        "three": with_first(["gone", "c"]),
        "four": with_first(["a", "b"]),
        "five": with_first(["a"]),
    }
    got = compare_asked(samples, asked)
    pairs = {key: [(each.variant, each.reference) for each in compared] for key, compared in got.items()}
    assert pairs == {"one": [("b", "a")], "two": [("a", "b"), ("c", "b")], "four": [("b", "a")]}
    assert {each.together for compared in got.values() for each in compared} == {3}
    assert got["one"] == got["four"] == compare(samples, [("b", "a")], together=3)
    assert compare_asked(samples, {"none": with_first([])}) == {}


# ---------------------------------------------------------------- verdicts


def made(difference: float, half: float, seeds: int = 5) -> Comparison:
    return Comparison("a", "b", seeds, difference, half)


@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 2))
def test_a_verdict_is_where_the_whole_interval_lies(difference: float, half: float, margin: float) -> None:
    got = made(difference, half)
    assert got.better == (got.low > 0) and got.worse == (got.high < 0)
    assert got.found == (got.better or got.worse)
    assert got.within(margin) == (-margin <= got.low and got.high <= margin)
    assert got.excluded >= abs(difference)


@pytest.mark.parametrize(
    ("difference", "half", "within"),
    [
        (0.0, 0.003, True),
        (0.001, 0.002, True),  # the end on the margin is within it
        (-0.0014, 0.0038, False),  # the mean is, the interval is not
        (0.002, 0.0005, True),  # there is a difference, and a small one
        (0.004, 0.0005, False),
    ],
)
def test_as_good_as_equal_is_said_of_whole_intervals(difference: float, half: float, within: bool) -> None:
    assert made(difference, half).within(0.003) == within


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (seeds(0.9), seeds(0.5, 0.6, 0.7)),
        (seeds(0.90, 0.91), seeds(0.50, 0.51)),  # two seeds, far apart
        (seeds(0.90, 0.91), seeds(0.50, 0.51, 0.52)),
    ],
)
def test_under_three_seeds_there_is_no_verdict(ours: Sample, theirs: Sample) -> None:
    got = one(ours, theirs)
    assert not (got.decidable or got.found or got.better or got.worse or got.within(10))
    assert got.difference == pytest.approx(ours.mean - theirs.mean)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (seeds(0.9, 0.9, 0.9), seeds(0.5, 0.5, 0.5)),
        (seeds(0.9, 0.9, 0.9), seeds(0.5, 0.6, 0.7)),
        (seeds(0.5, 0.6, 0.7), seeds(0.9, 0.9, 0.9)),
        (seeds(0.3, 0.1 + 0.2, 0.3), seeds(0.1, 0.2, 0.15)),  # a last bit is no spread
    ],
)
def test_without_spread_there_is_no_verdict(ours: Sample, theirs: Sample) -> None:
    got = one(ours, theirs)
    assert isnan(got.interval)
    assert not (got.decidable or got.found or got.better or got.worse or got.within(10))


def test_one_image_of_300_at_every_seed_is_no_finding() -> None:
    right = np.ones((3, 300))
    other = right.copy()
    other[:, 7] = 0
    assert not one(Sample.of([1.0] * 3, right), Sample.of([299 / 300] * 3, other)).found


def test_nothing_is_found_where_nothing_is_measured() -> None:
    assert not (made(nan, nan).found or made(0.5, nan).found)


# ---------------------------------------------------------------- by simulation

SPREAD, HARD, NOISE = 2.5, 2.0, 1.2
"""Of logits: how images differ in difficulty, how far their mean is from a coin's, what each training adds to each."""
SHIFT = 0.1
"""How far seeds differ, all images alike."""


def _sample(rng: np.random.Generator, n_seeds: int, images: Floats, stable: float, shift: float) -> Sample:
    """A variant's trainings on the same images: an image is right where its logit is above 0.

    `stable` is what one variant finds harder than another whatever its seed.
    """
    normal = rng.standard_normal
    logits = images + np.float32(stable) * normal(len(images), np.float32)
    bar = -logits - np.float32(shift) * normal((n_seeds, 1), np.float32)
    right = (np.float32(NOISE) * normal((n_seeds, len(images)), np.float32) > bar).astype(float)
    return Sample.of(right.mean(1).tolist(), right)


def _worlds(n_seeds: int, n: int, stable: float, shift: float, repeats: int) -> Worlds:
    """Pairs of variants that are equally good of all seeds and images that there could be."""
    rng = np.random.default_rng(n_seeds * n)
    worlds = []
    for _ in range(repeats):
        images = np.float32(SPREAD) * rng.standard_normal(n, np.float32) + np.float32(HARD)
        worlds.append((_sample(rng, n_seeds, images, stable, shift), _sample(rng, n_seeds, images, stable, shift)))
    return worlds


def _half(ours: Sample, theirs: Sample) -> float:
    return one(ours, theirs).interval


def _coverage(worlds: Worlds, half: Callable[[Sample, Sample], float] = _half) -> float:
    """How often the interval of the difference holds the true one, 0."""
    return float(np.mean([abs(ours.mean - theirs.mean) <= half(ours, theirs) for ours, theirs in worlds]))


REPEATS = {300: 1000, 2_000: 500, 10_000: 250}
"""By number of images. Coverage of 89 % would be taken for 94 % once in 150 tries of 250, of 500 once in 5,000."""


@pytest.mark.parametrize("stable", [0.0, 1.0], ids=["alike", "stable differences"])
@pytest.mark.parametrize("n", REPEATS)
@pytest.mark.parametrize("n_seeds", [3, 5, 10])
def test_intervals_hold_the_truth_as_often_as_they_say(n_seeds: int, n: int, stable: float) -> None:
    worlds = _worlds(n_seeds, n, stable, SHIFT, REPEATS[n])
    assert 0.94 <= _coverage(worlds) <= 0.99
    # logits are normal: so many are above 0
    truth = ndtr(HARD / sqrt(SPREAD**2 + stable**2 + SHIFT**2 + NOISE**2))
    held = [abs(each.mean - truth) <= each.interval for pair in worlds for each in pair]
    assert 0.94 <= float(np.mean(held)) <= 0.99


def _seeds_alone(ours: Sample, theirs: Sample) -> float:
    return one(Sample.of(ours.seeds.tolist()), Sample.of(theirs.seeds.tolist())).interval


def _images_alone(ours: Sample, theirs: Sample) -> float:
    return image_error(float((ours.images - theirs.images).std()), len(ours.images))


def _chance_twice(ours: Sample, theirs: Sample) -> float:
    return one(*(Sample(each.seeds, each.images) for each in (ours, theirs))).interval


@pytest.mark.parametrize(
    ("half", "world", "bound"),
    [
        (_seeds_alone, (5, 300, 1.0, SHIFT), 0.94),
        (_seeds_alone, (10, 300, 1.0, SHIFT), 0.94),
        (_images_alone, (3, 2_000, 0.0, 0.3), 0.94),
    ],
)
def test_the_simulation_catches_methods_that_count_one_of_the_two(
    half: Callable[[Sample, Sample], float], world: tuple[int, int, float, float], bound: float
) -> None:
    worlds = _worlds(*world, repeats=400)
    assert _coverage(worlds, half) < bound < _coverage(worlds)


def test_the_simulation_catches_a_method_that_counts_chance_twice() -> None:
    worlds = _worlds(10, 2_000, 0.0, 0.0, repeats=400)
    assert _coverage(worlds) <= 0.99 < _coverage(worlds, _chance_twice)


@pytest.mark.parametrize("stable", [0.0, 1.0], ids=["alike", "stable differences"])
def test_of_200_labs_without_a_difference_few_find_one(stable: float) -> None:
    rng = np.random.default_rng(15)
    better, found = 0, 0
    for _ in range(200):
        images = np.float32(SPREAD) * rng.standard_normal(300, np.float32) + np.float32(HARD)
        samples = {name: _sample(rng, 5, images, stable, SHIFT) for name in "abcde"}
        compared = compare(samples, [(name, "a") for name in "bcde"])
        better += any(each.better for each in compared)
        found += any(each.found for each in compared)
    assert better <= 0.06 * 200
    assert found <= 0.06 * 200


def test_a_real_difference_is_found() -> None:
    rng = np.random.default_rng(0)
    images = np.float32(SPREAD) * rng.standard_normal(2_000, np.float32) + np.float32(HARD)
    better = _sample(rng, 5, images + np.float32(1), 1.0, SHIFT)
    got = one(better, _sample(rng, 5, images, 1.0, SHIFT))
    assert got.better and got.reversed.worse
