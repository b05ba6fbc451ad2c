"""Sentences: each says what its numbers say."""

from collections.abc import Callable
from math import inf, nan
from typing import Any

import pytest
from madelab import Parameters, Told, compare, told
from scipy import stats

from nnlabs.evaluation.statistics import Comparison, holm
from nnlabs.reporting import sentences, verdicts
from nnlabs.reporting.results import Results, collect

MINUS = "\N{MINUS SIGN}"


@pytest.fixture
def results(make_lab: Callable[..., Parameters]) -> Callable[..., Results]:
    return lambda *arguments, **more: collect(make_lab(*arguments, **more))


def compared(**changes: Any) -> Comparison:
    known = {"seeds": 5, "difference": 0.02, "interval": 0.005, "p": 0.01, "together": 1}
    return Comparison("new", "old", **known | {"effect": 3.0, "minimum_detectable_effect": 0.004} | changes)


def test_numbers_as_they_are_printed() -> None:
    assert sentences.points(0.0123) == "+1.23"
    assert sentences.points(-0.0123, 1) == f"{MINUS}1.2"
    assert sentences.points(-0.000001) == "+0.00"
    assert sentences.percent(0.87654) == "87.65"
    assert sentences.with_interval(0.8752, 0.0021) == "87.52 ± 0.21"
    assert sentences.with_interval(0.8752, None) == sentences.with_interval(0.8752, nan) == "87.52"
    assert [sentences.p_value(p) for p in (0.0004, 0.0123, 1, nan)] == ["< 0.001", "0.012", "1.000", "–"]


def test_a_found_difference_is_better_or_worse_with_its_interval() -> None:
    said = sentences.sentence(compared())
    for words in ("*new* is better than *old*", "+2.00 points", "+1.50 to +2.50", "5 seeds", "p = 0.010"):
        assert words in said
    said = sentences.sentence(compared(difference=-0.02, p=0.0001))
    for words in ("*new* is worse than *old*", f"{MINUS}2.00", f"{MINUS}2.50 to {MINUS}1.50", "p < 0.001"):
        assert words in said
    assert "-" not in said


def test_a_difference_that_is_not_found_says_what_would_have_been() -> None:
    said = sentences.sentence(compared(p=0.06, interval=0.03))
    for words in ("No difference found", "at 5 seeds", f"{MINUS}1.00 to +5.00", "0.40 points"):
        assert words in said
    assert "better" not in said
    assert "p = 0.060 (corrected for 7)" in sentences.sentence(compared(p=0.06, together=7))


def test_a_difference_without_spread_has_no_p() -> None:
    said = sentences.sentence(compared(p=0.0, effect=inf, interval=0.0, minimum_detectable_effect=0.0))
    assert "better" in said and "without any spread" in said
    assert "p =" not in said and "inf" not in said


@pytest.mark.parametrize(("n", "difference", "words"), [(1, 0.02, "1 seed (+2.00 points)"), (0, nan, "0 seeds:")])
def test_too_few_common_seeds_are_no_verdict(n: int, difference: float, words: str) -> None:
    none = {"interval": nan, "p": nan, "effect": nan, "minimum_detectable_effect": nan}
    said = sentences.sentence(compared(seeds=n, difference=difference, **none))
    assert words in said and "too few" in said
    assert "nan" not in said and "found" not in said


THREE = {
    "a": told(0.80, 0.81, 0.82, validation=0.80, training=0.95),
    "b": told(0.84, 0.84, 0.86, validation=0.79, training=0.90),
    "c": told(0.70, 0.73, 0.71, validation=0.70, training=0.99),
}


def test_every_variant_meets_its_comparisons_first_and_all_are_corrected_together(
    results: Callable[..., Results],
) -> None:
    asked = {"one": compare("a", "b"), "two": compare("c", "b", "a")}
    got = verdicts.comparisons(results(THREE, asked))
    pairs = {key: [(each.variant, each.reference) for each in compared] for key, compared in got.items()}
    assert pairs == {"one": [("b", "a")], "two": [("b", "c"), ("a", "c")]}
    # Holm over three pairs, by the one correction that statistics has
    tests = {name: [*each.test.values()] for name, each in THREE.items()}
    alone = [stats.ttest_rel(tests[one], tests[first]).pvalue for one, first in ("ba", "bc", "ac")]
    assert [each.p for compared in got.values() for each in compared] == pytest.approx(holm(alone))


def test_removed_variants_are_left_out_and_the_next_takes_the_place_of_the_first(
    results: Callable[..., Results],
) -> None:
    asked = {"one": compare("gone", "b", "lost", "c"), "two": compare("gone", "a"), "three": compare("gone", "lost")}
    lab = results(THREE, asked)
    assert [each.name for each in verdicts.present(lab.questions["one"], lab)] == ["b", "c"]
    got = verdicts.comparisons(lab)
    assert {key: [(each.variant, each.reference) for each in each] for key, each in got.items()} == {
        "one": [("c", "b")]
    }


def test_the_ranking_counts_the_variants_above_the_first(results: Callable[..., Results]) -> None:
    lab = results(THREE, {"one": compare("a", "b", "c"), "two": compare("a", "b")})
    said = verdicts.ranking(lab.questions["one"], lab)
    for words in ("a", "2 of 3 on training", "1 of 3 on validation", "2 of 3 on test"):
        assert words in said
    assert verdicts.ranking(lab.questions["two"], lab) == ""


def test_equal_variants_share_the_better_rank(results: Callable[..., Results]) -> None:
    lab = results({name: told(0.8, 0.9) for name in "abc"}, {"one": compare("b", "a", "c")})
    assert verdicts.ranking(lab.questions["one"], lab).count("1 of 3") == 3


def test_the_best_is_chosen_on_validation_and_told_with_its_test_accuracy(results: Callable[..., Results]) -> None:
    said = verdicts.best(results(THREE))
    # a: mean 0.81, deviation 0.01, half width 4.30265 * 0.01 / sqrt(3) = 0.0248;
    # of 30 images: 1.96 * sqrt(0.81 * 0.19 / 30) = 0.1404
    for words in ("a", "81.00 ± 2.48 %", "3 seeds", "± 14.04 points"):
        assert words in said
    said = verdicts.best(results({"a": told(0.8)}))
    assert "80.00 %" in said and "one seed" in said


def higher(*test: float) -> Told:
    """A variant above all others on validation."""
    return told(*test, validation=0.9)


@pytest.mark.parametrize(
    ("variants", "words"),
    [
        ({"a": told(0.80, 0.81, 0.82), "b": higher(0.85, 0.86, 0.87)}, "*b* reaches 86.00 ± 2.48 %"),
        ({"a": told(0.80, 0.81, 0.82), "b": higher(0.85, 0.86, 0.87)}, "+5.00 ± 0.00 points over *a*"),
        ({"a": told(0.80, 0.81, 0.82), "b": higher(0.75, 0.76, 0.77)}, f"{MINUS}5.00 ± 0.00 points over *a*"),
        ({"a": told(0.80, 0.81, 0.82), "b": higher(0.81, 0.80, 0.82)}, "no difference from *a* found at 3 seeds"),
        ({"a": told(0.80), "b": higher(0.85)}, "too few common seeds to tell it from *a*"),
        ({"a": told(0.80), "b": Told({5: 0.85, 6: 0.86}, 0.9)}, "too few common seeds to tell it from *a*"),
        ({"a": higher(0.80, 0.81), "b": told(0.85, 0.86)}, "*a* is the best of 2 variants on validation"),
        ({"b": told(0.80, 0.81), "c": higher(0.7)}, "Chosen on validation: *c*"),
        ({}, "No variant"),
    ],
)
def test_the_answer_sets_the_best_variant_on_validation_against_the_first(
    results: Callable[..., Results], variants: dict[str, Told], words: str
) -> None:
    assert words in verdicts.answer(results(variants, {"one": compare("a", "b")}))
