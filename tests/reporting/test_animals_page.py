"""What the page of `animals` says of made numbers: nothing that they do not say."""

from collections.abc import Callable
from typing import Any

import pytest
from madefour import answer, at, made, notes
from madelab import Parameters, Told

from nnlabs.labs.animals.page import stopping

Make = Callable[..., Parameters]
OVERFIT = {seed: [(1.0, 0.5, 0.8, 0.60), (0.5, 0.8, 0.7, 0.70), (0.1, 0.99, 1.4, 0.65)] for seed in range(3)}
LEARNS = {seed: [(1.0, 0.5, 0.8, 0.60), (0.8, 0.6, 0.7, 0.70), (0.7, 0.72, 0.6, 0.71)] for seed in range(3)}


def six(**scores: float) -> dict[str, Told]:
    usual = {"cnn": 0.70, "vgg": 0.80, "inception": 0.72, "resnet18": 0.74, "frozen": 0.82, "finetuned": 0.88} | scores
    runs: dict[str, Any] = {"cnn": OVERFIT, "vgg": LEARNS}
    return {f"animals-{key}": at(score, runs=runs.get(key)) for key, score in usual.items()}


def test_what_is_expected(make_lab: Make) -> None:
    found = made(make_lab, "animals", six())
    said, why = answer(found, "animals"), notes(found, "animals")
    for words in (
        "Take over what another network has learned",
        "even a new output on the frozen network, 82.0",
        "need not be found again from few pictures",
        "each given the epochs that took about the same time on the processor that they were set on",
        "with more time, or one recipe for all, the order",
    ):
        assert words in said
    assert (
        "*VGG-style* with its recipe learns most: it is better than *Plain CNN*, *Inception-style* and *ResNet-18"
        in said
    )
    assert "has its lowest validation loss after epoch 2 of 3 in every seed, and ends above it" in said
    assert "It is also a different network" in why and "take a different time on another processor" in why
    assert "by heart: at its last epoch it is right in 34.0 points more" in why


def test_reversed_nothing_is_taken_over(make_lab: Make) -> None:
    found = made(make_lab, "animals", six(finetuned=0.60, frozen=0.50, vgg=0.70, cnn=0.80))
    said, why = answer(found, "animals"), notes(found, "animals")
    assert "is worse than *VGG-style*" in said and "Take over" not in said
    assert "*Plain CNN*, *Inception-style* and *ResNet-18, a quarter as wide* are better than *VGG-style*" in said
    assert "need not be found again" not in said + why and "by heart" not in why


def test_a_tie_is_one(make_lab: Make) -> None:
    found = made(make_lab, "animals", six(cnn=0.80, inception=0.80, resnet18=0.80))
    said = answer(found, "animals")
    assert "cannot be told from *Plain CNN*, *Inception-style* and *ResNet-18" in said and "learns most" not in said


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_decide_nothing(make_lab: Make, seeds: int) -> None:
    few = {key: at(0.8 + i / 100, seeds=seeds) for i, key in enumerate(six())}
    said = answer(made(make_lab, "animals", few), "animals")
    assert "too few" in said and "nan" not in said and "is better" not in said and "Take over" not in said


@pytest.mark.parametrize("missing", [("animals-vgg",), ("animals-cnn",), ("animals-cnn", "animals-inception")])
def test_with_variants_missing(make_lab: Make, missing: tuple[str, ...]) -> None:
    found = made(make_lab, "animals", {key: each for key, each in six().items() if key not in missing})
    assert answer(found, "animals")
    notes(found, "animals")


def test_no_overfitting_is_told_where_one_seed_has_none(make_lab: Make) -> None:
    some = six() | {"animals-cnn": at(0.7, runs=OVERFIT | {2: LEARNS[2]})}
    assert "its lowest validation loss" not in answer(made(make_lab, "animals", some), "animals")


def test_where_early_stopping_ends_a_run() -> None:
    assert stopping([0.5, 0.6, 0.6, 0.5, 0.6, 0.7], 3) == 5
    assert stopping([0.5, 0.6, 0.7, 0.8], 3) is None
    assert stopping([0.5, 0.6, 0.5, 0.5, 0.5], 3) is None  # its epochs are over
