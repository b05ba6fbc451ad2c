"""What the page of `dogs` says of made numbers: nothing that they do not say."""

from collections.abc import Callable

import pytest
from madefour import answer, at, made, notes
from madelab import Parameters, told

from nnlabs.evaluation.statistics import Comparison
from nnlabs.labs.dogs.page import _nearly

Make = Callable[..., Parameters]
FRESH = {"dogs-fresh": at(0.60)}


def four(none: float, some: float, every: float) -> dict:
    return {"dogs-none": at(none), "dogs-some": at(some), "dogs-all": at(every)} | FRESH


def test_what_is_expected(make_lab: Make) -> None:
    found = made(make_lab, "dogs", four(0.80, 0.80, 0.70))
    said = answer(found, "dogs")
    for words in (
        "no difference is found: 80.0",
        "+0.00 points (95 % interval ",
        "loses: 70.0",
        "From fresh weights a small network reaches 60",
        "a pretrained network with its early stages frozen gains +20.00 points",
        "But it is also a different network, and sees the images enlarged",
    ):
        assert words in said
    assert "linear classifier" in notes(found, "dogs") and "cannot be told from these runs" in notes(found, "dogs")
    assert "all but excluded" not in said


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-0.02, 0.0001, "; a gain from freezing is all but excluded, a loss is not"),
        (-0.0001, 0.02, "; a loss from freezing is all but excluded, a gain is not"),
        (-0.02, 0.02, ""),
    ],
)
def test_an_interval_on_one_side_of_zero_is_told_as_one(low: float, high: float, words: str) -> None:
    assert _nearly(Comparison("a", "b", 3, (low + high) / 2, (high - low) / 2, 4)) == words


@pytest.mark.parametrize(
    ("none", "some", "words"),
    [(0.80, 0.85, "Freeze the early stages: that is better"), (0.85, 0.80, "Freeze nothing: training all")],
)
def test_a_found_difference_is_told_of_the_better(make_lab: Make, none: float, some: float, words: str) -> None:
    found = made(make_lab, "dogs", four(none, some, 0.70))
    assert words in answer(found, "dogs")
    assert ("cannot be spoiled" in notes(found, "dogs")) == (some > none)


def test_reversed_the_head_alone_is_best_and_fresh_weights_win(make_lab: Make) -> None:
    found = made(make_lab, "dogs", four(0.50, 0.50, 0.90))
    said, why = answer(found, "dogs"), notes(found, "dogs")
    assert "is better: 90.0" in said and "loses" not in said
    assert "frozen gains" not in said and "a different network" not in said
    assert "linear classifier" not in why


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_decide_nothing(make_lab: Make, seeds: int) -> None:
    few = {key: at(score, seeds=seeds) for key, score in zip(four(0, 0, 0), (0.8, 0.8, 0.7, 0.6), strict=True)}
    said = answer(made(make_lab, "dogs", few), "dogs")
    assert "cannot be told" in said and "does not tell them apart" in said
    assert "nan" not in said and "better" not in said and "loses" not in said


def test_no_spread_decides_nothing(make_lab: Make) -> None:
    same = {key: told(0.8, 0.8, 0.8) for key in four(0, 0, 0)}
    said = answer(made(make_lab, "dogs", same), "dogs")
    assert "better" not in said and "nan" not in said


@pytest.mark.parametrize("missing", ["dogs-none", "dogs-all", "dogs-fresh"])
def test_with_a_variant_missing(make_lab: Make, missing: str) -> None:
    left = {key: each for key, each in four(0.80, 0.80, 0.70).items() if key != missing}
    found = made(make_lab, "dogs", left)
    assert answer(found, "dogs")
    notes(found, "dogs")


def test_a_rate_on_the_edge_of_the_search_is_told(make_lab: Make) -> None:
    edge = {"dogs-none": at(0.80, own={"lr_grid": [0.001, 0.0003]}), "dogs-fresh": at(0.60, own={"lr_grid": [0.1, 1]})}
    why = notes(made(make_lab, "dogs", four(0.80, 0.80, 0.70) | edge), "dogs")  # the first of a grid is kept
    assert "Of the rates searched *No stage frozen* keeps the largest, 0.001" in why
    assert "*Small CNN, fresh weights* keeps the smallest, 0.1" in why
    assert "keeps the" not in notes(made(make_lab, "dogs", four(0.80, 0.80, 0.70)), "dogs")
