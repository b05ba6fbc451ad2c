"""Word vectors on a small made text: what comes out, the same bytes, bad settings in one line."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from computedlab import SHRUNK, VOCABULARY, compute
from safetensors.numpy import load_file

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.data import corpus
from nnlabs.labs.words import compute as words


def test_results_say_what_the_page_needs() -> None:
    results, arrays = compute("words")
    assert {name: array.shape for name, array in arrays.items()} == {"running": (2, 2), "fixed": (2, 3), "map": (5, 2)}
    similarity, analogies = results.similarity, results.analogies
    assert (similarity.known, similarity.all) == (4, 5)
    assert (analogies.known, analogies.all) == (3, 3)
    assert similarity.learned.mean == pytest.approx(np.mean(similarity.learned.per_seed))
    assert len(similarity.learned.per_seed) == len(similarity.untrained.per_seed) == 2
    assert [(each.section, each.known) for each in results.sections] == [("facts", 1), ("gram1", 2)]
    assert results.fixed_pairs > 0
    assert all(n > 0 for n in results.pairs)
    assert results.untrained_loss == pytest.approx(4 * np.log(2))
    text = results.text
    assert (text.documents, text.words, text.vocabulary, text.min_count, text.tokens) == (70, 7100, 12, 5, 7000)
    assert (text.sha256, text.similarities, text.questions) == ("abcdef" * 10, 5, 3)


def test_the_loss_of_fixed_pairs_starts_at_that_of_vectors_that_know_nothing_and_falls() -> None:
    results, arrays = compute("words", epochs=4)
    # a little less: of twelve words some negatives are the near word itself, and left out
    start = arrays["fixed"][:, 0] / results.untrained_loss
    assert ((start > 0.9) & (start < 1)).all()
    assert (np.diff(arrays["fixed"]) < 0).all()


def test_words_that_stand_together_are_neighbours() -> None:
    results, _ = compute("words", epochs=6, subsample=1.0)
    assert {each.word: each.neighbours[0][0] for each in results.neighbours} == {"war": "peace", "gold": "silver"}
    assert results.neighbours[0].count == corpus.load("text").counts[VOCABULARY.index("war")]


def test_an_expected_answer_that_is_in_the_question_has_no_place() -> None:
    results, _ = compute("words")
    first, second = results.examples
    assert first.rank is not None
    assert first.expected_score <= first.score
    assert (second.rank, second.expected_score) == (None, None)


def test_the_map_follows_the_groups_in_their_order() -> None:
    results, arrays = compute("words")
    # JSON may sort a mapping's keys; the rows of the array must still be found
    assert [(each.group, each.words) for each in results.groups] == [
        ("numbers", ["two", "three"]),
        ("forces", ["army", "navy", "war"]),
    ]
    turned_map = {"map": {"forces": ["war", "navy", "army"], "numbers": ["three", "two"]}}
    other, turned = compute("words", **turned_map)
    assert other.explained == pytest.approx(results.explained, rel=1e-5)
    np.testing.assert_allclose(np.abs(turned["map"]), np.abs(arrays["map"][::-1][[0, 1, 2, 3, 4]]), atol=1e-5)


def test_a_word_is_with_its_group_where_the_nearest_on_the_map_is_of_it() -> None:
    class Made:
        place = {"a": 0, "b": 1, "c": 2, "d": 3}  # noqa: RUF012

    units = np.array([[1.0, 0.0], [0.9, 0.436], [0.0, 1.0], [-1.0, 0.0]], np.float32)  # by angle: a, b, c, d
    found = words.mapped(units, Made(), {"first": ["a", "b"], "second": ["d", "c"]})  # type: ignore[arg-type]
    assert [each.together for each in found] == [2, 1]  # c is nearer to b


def test_principal_components_are_those_of_the_covariance() -> None:
    rows = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32) * [4, 2, 1, 0.5]
    places, explained = words.principal(rows.astype(np.float32))
    values, axes = np.linalg.eigh(np.cov(rows.T))
    np.testing.assert_allclose(np.abs(places), np.abs((rows - rows.mean(0)) @ axes[:, [3, 2]]), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(explained, values[[3, 2]] / values.sum(), rtol=1e-5)
    assert (places[np.abs(places).argmax(0), [0, 1]] > 0).all()


def test_vectors_are_the_same_bytes_whatever_is_shown() -> None:
    file = paths.models("words") / "vectors.safetensors"
    compute("words")
    written = file.read_bytes()
    compute("words")
    assert file.read_bytes() == written
    compute("words", neighbours=["red"])
    assert file.read_bytes() == written
    assert {name: each.shape for name, each in load_file(file).items()} == {"seed-0": (12, 8), "seed-4": (12, 8)}
    assert SHRUNK["words"]["seeds"] == [0, 4]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"neighbours": ["War"]}, r"labs\.words\.neighbours: 'War' is not in the vocabulary of text"),
        ({"analogies": [["war", "peace", "army", "fleet"]]}, r"labs\.words\.analogies: 'fleet'"),
        ({"map": {"colours": ["red", "green"]}}, r"labs\.words\.map\.colours: 'green'"),
        ({"lr": 1e30}, r"labs\.words\.lr: 1e\+30 found, with which the vectors grow without bound in epoch 1"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_bad_settings_are_one_line_and_leave_nothing(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        compute("words", **changes)
    assert not paths.models("words").exists()


def test_a_vocabulary_without_the_tests_is_refused() -> None:
    corpus.write("text", replace(corpus.load("text"), similarities=[]))
    with pytest.raises(UserError, match="0 pairs of WordSim-353"):
        compute("words")


def test_tests_that_were_altered_are_refused() -> None:
    (paths.dataset("text") / "similarities.json").write_text(json.dumps([]))
    with pytest.raises(UserError, match="similarities are not as they were written"):
        compute("words")
