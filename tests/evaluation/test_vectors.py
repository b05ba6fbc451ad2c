"""Scores of word vectors: worked by hand, and against the slow way."""

import numpy as np
import pytest
from scipy import stats

from nnlabs.evaluation import vectors
from nnlabs.scratch.nearest import analogy, unit


@pytest.fixture
def units() -> np.ndarray:
    return unit(np.random.default_rng(3).normal(size=(30, 6)).astype(np.float32))


def test_only_what_the_vocabulary_knows_is_asked() -> None:
    place = {"a": 0, "b": 1, "c": 2, "d": 3}
    assert vectors.known_pairs([("a", "b", 1.0), ("a", "x", 9.0)], place) == [(0, 1, 1.0)]
    known = vectors.known_questions({"one": [("a", "b", "c", "d"), ("a", "b", "c", "x")], "two": [("x",) * 4]}, place)
    assert {section: rows.tolist() for section, rows in known.items()} == {"one": [[0, 1, 2, 3]]}


def test_similarity_is_the_correlation_of_ranks() -> None:
    # cosines with the first word: 1, 0.8, 0, -1: ranks 4 3 2 1; judged 9 5 7 1: ranks 4 2 3 1.
    # Spearman: 1 - 6 (0 + 1 + 1 + 0) / (4 x 15) = 0.8
    units = np.array([[1, 0], [1, 0], [0.8, 0.6], [0, 1], [-1, 0]], np.float32)
    pairs = [(0, 1, 9.0), (0, 2, 5.0), (0, 3, 7.0), (0, 4, 1.0)]
    assert vectors.similarity(units, pairs) == pytest.approx(0.8)


def test_the_interval_of_a_correlation_holds_the_true_one_as_often_as_it_says() -> None:
    rng, n, inside = np.random.default_rng(0), 60, 0
    for _ in range(300):
        x = rng.normal(size=n)
        y = 0.5 * x + np.sqrt(0.75) * rng.normal(size=n)  # Pearson 0.5, so Spearman 6 / pi asin(0.25) = 0.4826
        low, high = vectors.similarity_interval(float(stats.spearmanr(x, y).statistic), n)
        inside += low < 0.4826 < high
    assert 0.91 < inside / 300 < 0.99


def test_pairs_in_perfect_order_leave_no_interval() -> None:
    assert vectors.similarity_interval(1.0, 4) == (1, 1)
    assert vectors.similarity_interval(-1.0, 4) == (-1, -1)


def test_answers_at_once_are_those_one_by_one(units: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    questions = np.array([rng.permutation(30)[:4] for _ in range(200)])
    right = np.array([analogy(units, a, b, c, 1)[0][0] == d for a, b, c, d in questions])
    questions[::3, 3] = [analogy(units, a, b, c, 1)[0][0] for a, b, c, _ in questions[::3]]
    right[::3] = True
    for at_once in (1, 7, 200, 999):
        monkeypatch.setattr(vectors, "AT_ONCE", at_once)
        np.testing.assert_array_equal(vectors.answered(units, questions), right)


def test_a_word_of_the_question_is_never_its_answer() -> None:
    # b - a + c lies nearest to b and c themselves; only d is left
    units = unit(np.array([[1, 0.1], [1, 0], [1, -0.1], [-1, 0]], np.float32))
    assert vectors.answered(units, np.array([[0, 1, 2, 3]])).tolist() == [True]
