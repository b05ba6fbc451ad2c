"""Scores of one run, worked out by hand, and the choice of images to show."""

from collections.abc import Sequence
from math import log

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from torch.nn import functional as F

from nnlabs.evaluation.metrics import BINS, Score, Scores, calibration, gallery, score, shares


def test_scores_by_hand() -> None:
    # Probabilities are given; logits are their logarithms and an offset a row, which changes nothing.
    probabilities = np.array(
        [[1 / 2, 1 / 4, 1 / 4], [1 / 4, 1 / 2, 1 / 4], [1 / 2, 1 / 4, 1 / 4], [1 / 8, 1 / 8, 3 / 4]]
    )
    logits = np.log(probabilities) + np.array([[3.0], [0.0], [-50.0], [700.0]])
    got = score(logits, np.array([0, 1, 1, 2]))
    assert got.predicted.tolist() == [0, 1, 0, 2]
    assert got.accuracy == 3 / 4
    assert got.loss == pytest.approx((log(2) + log(2) + log(4) + log(4 / 3)) / 4)
    assert got.confusion.tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
    assert got.class_accuracy.tolist() == [1, 1 / 2, 1]
    # F1 = 2 tp / (2 tp + fp + fn): 2 / 3, 2 / 3, 1
    assert got.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert got.confidence.tolist() == pytest.approx([1 / 2, 1 / 2, 1 / 2, 3 / 4])


@given(st.integers(2, 6), st.integers(1, 200), st.integers(0, 2**32 - 1))
def test_counts_and_scores_are_scikit_learns(classes: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits, labels = rng.normal(0, 1, (n, classes)), rng.integers(0, rng.integers(1, classes + 1), n)
    got = score(logits, labels)
    known = {"labels": np.arange(classes), "zero_division": 0.0}
    assert (got.confusion == metrics.confusion_matrix(labels, got.predicted, labels=known["labels"])).all()
    assert got.accuracy == metrics.accuracy_score(labels, got.predicted)
    assert (got.class_accuracy == metrics.recall_score(labels, got.predicted, average=None, **known)).all()
    assert got.macro_f1 == pytest.approx(metrics.f1_score(labels, got.predicted, average="macro", **known), abs=1e-15)


def test_loss_is_pytorchs_cross_entropy() -> None:
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(0, 5, (50, 4)), rng.integers(0, 4, 50)
    known = F.cross_entropy(torch.from_numpy(logits), torch.from_numpy(labels)).item()
    assert score(logits, labels).loss == pytest.approx(known, rel=1e-12)


def test_huge_logits_neither_overflow_nor_hide_a_sure_mistake() -> None:
    # -log softmax: 1000 - 0 for the mistake, 0 for the hit
    got = score(np.array([[1000.0, 0.0], [0.0, -1000.0]]), np.array([1, 0]))
    assert got.loss == pytest.approx(500)
    assert got.confidence.tolist() == [1, 1]


def test_classes_that_no_image_has_keep_their_place() -> None:
    got = score(np.array([[2.0, 1.0, 0.0], [2.0, 1.0, 0.0]]), np.array([0, 0]))
    assert got.confusion.tolist() == [[2, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert got.class_accuracy.tolist() == [1, 0, 0]
    assert got.macro_f1 == pytest.approx(1 / 3)


def test_an_image_adds_to_an_accuracy_where_it_is_right() -> None:
    assert shares(np.array([[3, 1], [0, 2]]), "accuracy").tolist() == [[1, 0], [0, 1]]


def test_what_an_image_adds_to_macro_f1_by_hand() -> None:
    # F1 = 2 h / (true + predicted): 2 * 3 / (4 + 3) = 6/7 and 2 * 2 / (2 + 3) = 4/5, six images.
    # A hit of a class adds 6 (2 - 2 F1) / b to its F1, a miss takes 6 F1 / b from both; half of it to the mean.
    first, second, mean = 6 / 7, 4 / 5, (6 / 7 + 4 / 5) / 2
    assert shares(np.array([[3, 1], [0, 2]]), "macro_f1") == pytest.approx(
        np.array(
            [
                [mean + 3 * (2 - 2 * first) / 7, mean - 3 * (first / 7 + second / 5)],
                [mean - 3 * (first / 7 + second / 5), mean + 3 * (2 - 2 * second) / 5],
            ]
        )
    )


@given(st.integers(2, 6), st.integers(1, 200), st.integers(0, 2**32 - 1), st.sampled_from(["accuracy", "macro_f1"]))
def test_the_mean_of_what_images_add_is_the_score(classes: int, n: int, seed: int, by: Score) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, rng.integers(1, classes + 1), n)  # some classes may not be there
    told = score(rng.normal(0, 1, (n, classes)), labels)
    assert shares(told.confusion, by)[labels, told.predicted].mean() == pytest.approx(getattr(told, by))


@pytest.mark.parametrize("classes", [2, 5])
def test_its_linear_part_has_the_variance_of_macro_f1_over_the_choice_of_images(classes: int) -> None:
    """Against a bootstrap: 2,000 samples of the images, of which the deviation is known to 1.6 %."""
    rng = np.random.default_rng(classes)
    labels = rng.choice(classes, 500, p=np.arange(1, classes + 1) / (classes * (classes + 1) / 2))  # not balanced
    predicted = np.where(rng.random(500) < 0.75, labels, rng.integers(0, classes, 500))
    told = score(np.eye(classes)[predicted], labels)
    added = shares(told.confusion, "macro_f1")[labels, predicted]
    drawn = rng.integers(0, 500, (2_000, 500))
    again = [score(np.eye(classes)[predicted[at]], labels[at]).macro_f1 for at in drawn]
    assert added.std() / np.sqrt(500) == pytest.approx(np.std(again), rel=0.06)


def scores(predicted: Sequence[int], confidence: Sequence[float]) -> Scores:
    """What `gallery` and `calibration` read of them."""
    return Scores(0, 0, 0, np.array([]), np.array([]), np.array(predicted), np.array(confidence))


def test_the_gallery_shows_each_kind_of_mistake_before_a_second_of_one() -> None:
    # 0 taken for 1 three times, surest last; 1 taken for 0 once, less sure than any; 2 taken for 1 once
    labels = np.array([0, 0, 0, 1, 2, 2])
    told = scores([1, 1, 1, 0, 1, 2], [0.7, 0.8, 0.9, 0.5, 0.6, 0.4])
    assert gallery(labels, told) == [2, 4, 3, 1, 0, 5]


def test_the_gallery_goes_round_the_classes_of_what_is_right() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2])
    told = scores(labels.tolist(), [0.9, 0.99, 0.8, 0.6, 0.7, 0.5])
    assert gallery(labels, told, shown=5) == [1, 4, 5, 0, 3]


def test_of_two_as_sure_the_earlier_comes_first() -> None:
    assert gallery(np.array([0, 0, 0]), scores([1, 1, 1], [0.5, 0.9, 0.9])) == [1, 2, 0]


@pytest.mark.parametrize(
    ("mistakes", "hits", "shown"),
    [(20, 80, (8, 4)), (3, 97, (3, 9)), (0, 100, (0, 12)), (100, 0, (8, 0)), (2, 3, (2, 3))],
)
def test_the_gallery_is_mostly_mistakes_as_far_as_there_are_any(
    mistakes: int, hits: int, shown: tuple[int, int]
) -> None:
    rng = np.random.default_rng(0)
    n = mistakes + hits
    labels = rng.integers(0, 5, n)
    wrong = rng.permutation(n) < mistakes
    told = scores((labels + wrong) % 5, rng.uniform(0.2, 1, n))
    chosen = gallery(labels, told)
    assert gallery(labels, told) == chosen
    assert len(set(chosen)) == len(chosen)
    assert [bool(wrong[i]) for i in chosen] == [True] * shown[0] + [False] * shown[1]


def test_calibration_by_hand() -> None:
    # four bins: 0.3 and 0.5 - 1e-9 in the second, 0.5 in the third, 0.9 and 1 in the fourth
    told = scores([0, 0, 1, 1, 1], [0.3, 0.5 - 1e-9, 0.5, 0.9, 1.0])
    got = calibration(np.array([0, 1, 1, 1, 0]), told, bins=4)
    assert got.images == [0, 2, 1, 2]
    assert got.confidence == [None, *(pytest.approx(each) for each in (0.4, 0.5, 0.95))]
    assert got.right == [None, 0.5, 1, 0.5]
    # (2 * |0.4 - 0.5| + 1 * |0.5 - 1| + 2 * |0.95 - 0.5|) / 5
    assert got.error == pytest.approx((0.2 + 0.5 + 0.9) / 5)


@given(st.integers(2, 6), st.integers(1, 200), st.integers(0, 2**32 - 1))
def test_bins_hold_every_image_once(classes: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    told = score(rng.normal(0, 5, (n, classes)), labels)
    got = calibration(labels, told)
    sure, right = (np.array(each, float) for each in (got.confidence, got.right))  # nan of an empty bin
    images, edges = np.array(got.images), np.linspace(0, 1, BINS + 1)
    assert images.sum() == n and (np.isnan(sure) == (images == 0)).all()
    assert np.nansum(images * right) / n == pytest.approx(told.accuracy)
    assert np.nansum(images * sure) / n == pytest.approx(told.confidence.mean())
    there = images > 0
    assert (sure[there] >= edges[:-1][there] - 1e-12).all() and (sure[there] <= edges[1:][there] + 1e-12).all()
    assert 0 <= got.error <= 1
    assert got.error >= abs(told.confidence.mean() - told.accuracy) - 1e-12
