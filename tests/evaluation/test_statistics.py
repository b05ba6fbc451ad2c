"""Means and comparisons over seeds: by hand, against SciPy, and by simulation."""

from itertools import pairwise
from math import inf, isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

from nnlabs.evaluation.statistics import (
    Comparison,
    clearly_above,
    compare,
    holm,
    interval,
    minimum_detectable_effect,
    sampling_error,
)


def one(ours: dict[int, float], theirs: dict[int, float]) -> Comparison:
    return compare({"ours": ours, "theirs": theirs}, [("ours", "theirs")])[0]


def seeds(*values: float) -> dict[int, float]:
    return dict(enumerate(values))


def test_interval_by_hand() -> None:
    # two seeds: t(0.975, 1) = 12.7062; deviation 0.1 / sqrt(2); half width 12.7062 * 0.1 / sqrt(2) / sqrt(2)
    assert interval([0.8, 0.9]) == pytest.approx(0.635310, abs=1e-6)
    # three: t(0.975, 2) = 4.30265; deviation 0.02; 4.30265 * 0.02 / sqrt(3)
    assert interval([0.80, 0.84, 0.82]) == pytest.approx(0.0496828, abs=1e-7)


def test_a_single_seed_has_no_interval() -> None:
    assert isnan(interval([0.9]))


def test_sampling_error_by_hand() -> None:
    # 1.959964 * sqrt(0.9 * 0.1 / 10000) = 1.959964 * 0.003
    assert sampling_error(0.9, 10_000) == pytest.approx(0.00587989, abs=1e-8)
    assert sampling_error(1.0, 100) == 0


def test_a_comparison_by_hand() -> None:
    # differences 0.01, 0.03, 0.02: mean 0.02, deviation 0.01, d = 2, t = 2 sqrt(3) with 2 degrees of freedom,
    # where p = 1 - t / sqrt(2 + t^2) = 1 - sqrt(12 / 14); half width 4.30265 * 0.01 / sqrt(3)
    got = one(seeds(0.81, 0.85, 0.88), seeds(0.80, 0.82, 0.86))
    assert (got.variant, got.reference, got.seeds) == ("ours", "theirs", 3)
    assert got.difference == pytest.approx(0.02)
    assert got.effect == pytest.approx(2)
    assert got.p == pytest.approx(1 - sqrt(12 / 14))
    assert got.interval == pytest.approx(0.0248414, abs=1e-7)
    assert not got.found


def test_a_comparison_is_scipys_paired_t_test() -> None:
    rng = np.random.default_rng(0)
    ours, theirs = rng.normal(0.9, 0.01, 8), rng.normal(0.88, 0.01, 8)
    got, known = one(seeds(*ours), seeds(*theirs)), stats.ttest_rel(ours, theirs)
    assert got.p == pytest.approx(known.pvalue)
    low, high = known.confidence_interval(0.95)
    assert (got.difference - got.interval, got.difference + got.interval) == pytest.approx((low, high))
    assert got.effect == pytest.approx(known.statistic / sqrt(8))
    assert got.found == (known.pvalue < 0.05) == (low > 0)


def test_only_seeds_of_both_are_compared_by_seed_and_not_by_place() -> None:
    got = one({0: 0.9, 7: 0.1, 3: 0.5}, {3: 0.4, 9: 0.1, 0: 0.7})
    assert got.seeds == 2
    assert got.difference == pytest.approx(0.15)  # (0.9 - 0.7 + 0.5 - 0.4) / 2


def test_equal_arms_do_not_differ() -> None:
    got = one(seeds(0.7, 0.8, 0.9), seeds(0.7, 0.8, 0.9))
    assert (got.difference, got.interval, got.p, got.effect, got.minimum_detectable_effect) == (0, 0, 1, 0, 0)
    assert not got.found


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (seeds(0.75, 0.5, 0.25), seeds(0.5, 0.25, 0.0)),
        # the same step in numbers that binary fractions do not hold: 0.3 - 0.2 < 0.2 - 0.1 by 3e-17
        (seeds(0.3, 0.2, 0.1), seeds(0.2, 0.1, 0.0)),
        (seeds(0.875, 0.88), seeds(0.865, 0.87)),
    ],
)
def test_a_constant_shift_is_certain_and_its_effect_infinite(ours: dict[int, float], theirs: dict[int, float]) -> None:
    up, down = one(ours, theirs), one(theirs, ours)
    assert (up.p, up.effect, down.p, down.effect) == (0, inf, 0, -inf)
    assert up.interval == pytest.approx(0, abs=1e-12)
    assert up.minimum_detectable_effect == 0
    assert up.found and down.found


@pytest.mark.parametrize(("theirs", "n"), [({0: 0.5, 9: 0.1}, 1), ({9: 0.1}, 0)])
def test_fewer_than_two_common_seeds_say_nothing(theirs: dict[int, float], n: int) -> None:
    got = one(seeds(0.75, 0.8), theirs)
    assert got.seeds == n
    assert got.difference == 0.25 if n else isnan(got.difference)
    assert all(map(isnan, (got.interval, got.p, got.effect, got.minimum_detectable_effect)))
    assert not got.found


def test_holm_by_hand() -> None:
    # sorted: 0.005 * 4 = 0.02, 0.01 * 3 = 0.03, 0.03 * 2 = 0.06, 0.04 * 1 = 0.04, raised to 0.06
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    # what is nan is no comparison: 0.02 * 2 = 0.04, 0.9 * 1
    assert holm([nan, 0.02, 0.9]) == pytest.approx([nan, 0.04, 0.9], nan_ok=True)
    assert holm([0.7, 0.8]) == [1, 1]
    assert holm([]) == []


@settings(deadline=None)
@given(st.lists(st.one_of(st.floats(0, 1), st.just(nan)), max_size=12))
def test_holm_raises_keeps_order_and_stays_a_probability(ps: list[float]) -> None:
    got = holm(ps)
    assert [isnan(p) for p in got] == [isnan(p) for p in ps]
    known = sorted((p, c) for p, c in zip(ps, got, strict=True) if not isnan(p))
    assert all(p <= c <= 1 for p, c in known)
    assert all(one <= other for (_, one), (_, other) in pairwise(known))
    if known:
        assert known[0][1] == min(1, known[0][0] * len(known))


def test_every_pair_counts_in_the_correction_but_those_without_a_test() -> None:
    arms = {
        "a": seeds(0.80, 0.82, 0.84),
        "b": seeds(0.83, 0.84, 0.88),
        "c": seeds(0.70, 0.74, 0.71),
        "d": {8: 0.5},
    }
    b, c = (stats.ttest_rel([*arms[name].values()], [*arms["a"].values()]).pvalue for name in "bc")
    assert c < b
    got = compare(arms, [("b", "a"), ("c", "a"), ("d", "a")])
    assert [each.variant for each in got] == ["b", "c", "d"]
    assert [each.p for each in got] == pytest.approx([max(b, 2 * c), 2 * c, nan], nan_ok=True)


@pytest.mark.parametrize("together", [1, 7])
@pytest.mark.parametrize("n", [2, 3, 5, 30])
def test_a_detectable_difference_is_found_four_times_in_five(n: int, together: int) -> None:
    # 40,000 studies of n pairs; four standard errors: 4 sqrt(0.8 * 0.2 / 40000) = 0.008
    shift = minimum_detectable_effect(0.02, n, together)
    differences = np.random.default_rng(n).normal(shift, 0.02, (40_000, n))
    found = stats.ttest_1samp(differences, 0, axis=1).pvalue < 0.05 / together
    assert found.mean() == pytest.approx(0.8, abs=0.008)


@pytest.mark.parametrize("n", [2, 3, 10])
def test_at_a_detectable_difference_the_power_is_the_integral_over_the_spreads(n: int) -> None:
    # t > critical where a standard normal number exceeds critical sqrt(v / (n - 1)) - shift, v of chi-squared
    critical, shift = stats.t.ppf(0.975, n - 1), minimum_detectable_effect(1, n) * sqrt(n)

    def density(v: float) -> float:
        return float(stats.chi2.pdf(v, n - 1) * stats.norm.sf(critical * sqrt(v / (n - 1)) - shift))

    assert quad(density, 0, np.inf)[0] == pytest.approx(0.8, abs=1e-6)


def test_detectable_grows_with_the_spread_and_shrinks_with_seeds() -> None:
    assert minimum_detectable_effect(0.03, 5) == pytest.approx(3 * minimum_detectable_effect(0.01, 5))
    sizes = [minimum_detectable_effect(1, n) for n in (2, 3, 5, 10, 100, 1000)]
    assert sizes == sorted(sizes, reverse=True)
    # many pairs: (1.959964 + 0.841621) / sqrt(n), the normal distribution's
    assert sizes[-1] == pytest.approx(2.801585 / sqrt(1000), rel=2e-3)
    assert minimum_detectable_effect(0, 5) == 0
    assert isnan(minimum_detectable_effect(0.1, 1)) and isnan(minimum_detectable_effect(nan, 5))


@pytest.mark.parametrize(
    ("mean", "spread", "sampling", "above"),
    [
        (0.55, 0.03, 0.04, False),  # √(0.03² + 0.04²) = 0.05: on the floor is not above it
        (0.551, 0.03, 0.04, True),
        (0.551, nan, 0.04, True),
        (0.539, nan, 0.04, False),  # of one seed the sampling error alone counts
        (0.45, 0.0, 0.0, False),
    ],
)
def test_clearly_above_takes_both_errors_into_account(mean: float, spread: float, sampling: float, above: bool) -> None:
    assert clearly_above(mean, 0.5 + 1e-9, spread, sampling) == above
