"""The study of word vectors on a small made text: what comes out, the same bytes, bad settings in one line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.params.studies import Words
from nnlabs.labs.words import compute as words

VOCABULARY = ["the", "of", "war", "peace", "army", "navy", "gold", "silver", "two", "three", "red", "blue"]
SETTINGS: dict[str, Any] = {
    "dataset": "made",
    "dimensions": 8,
    "window": 3,
    "negatives": 3,
    "subsample": 0.05,
    "epochs": 2,
    "lr": 0.05,
    "seeds": [0, 4],
    "neighbours": ["war", "gold"],
    "analogies": [["war", "peace", "army", "navy"], ["gold", "silver", "gold", "gold"]],
    "map": {"numbers": ["two", "three"], "forces": ["army", "navy", "war"]},
}


def settings(**changes: Any) -> Words:
    return Words.model_validate(SETTINGS | changes)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A text of 70 documents; its words come in runs of pairs that belong together."""
    for name in ("DATA", "MODELS"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    folder = paths.dataset("made")
    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)
    pairs = rng.integers(len(VOCABULARY) // 2, size=1400)
    tokens = (2 * pairs[:, None] + rng.integers(2, size=(1400, 5))).ravel().astype(np.uint32)
    np.save(folder / "tokens.npy", tokens)
    np.save(folder / "documents.npy", np.arange(0, len(tokens) + 1, 100))
    counts = np.bincount(tokens, minlength=len(VOCABULARY)).tolist()
    contents = {
        "meta": {"dataset": "made", "min_count": 5, "documents": 70, "vocabulary": len(VOCABULARY)},
        "vocabulary": {"words": VOCABULARY, "counts": counts},
        "similarities": [
            ["war", "peace", 8.0],
            ["war", "gold", 1.0],
            ["two", "three", 9.0],
            ["red", "of", 2.0],
            ["war", "tiger", 5.0],
        ],
        "questions": {"facts": [["war", "peace", "army", "navy"]], "gram1": [["two", "three", "red", "blue"]] * 2},
    }
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def test_results_say_what_the_page_needs(made: Path) -> None:
    results, arrays = words.study(settings())
    json.dumps(results, allow_nan=False)
    assert {name: array.shape for name, array in arrays.items()} == {"running": (2, 2), "fixed": (2, 3), "map": (5, 2)}
    similarity, analogies = results["similarity"], results["analogies"]
    assert (similarity["known"], similarity["all"]) == (4, 5)
    assert (analogies["known"], analogies["all"]) == (3, 3)
    assert similarity["mean"] == pytest.approx(np.mean(similarity["per_seed"]))
    assert len(similarity["per_seed"]) == len(similarity["untrained"]["per_seed"]) == 2
    assert [(each["section"], each["known"]) for each in analogies["sections"]] == [("facts", 1), ("gram1", 2)]
    assert results["headline"] == {"similarity": similarity["mean"], "analogies": analogies["mean"]}
    assert results["fixed_pairs"] > 0
    assert all(n > 0 for n in results["pairs"])
    assert results["untrained_loss"] == pytest.approx(4 * np.log(2))


def test_the_loss_of_fixed_pairs_starts_at_that_of_vectors_that_know_nothing_and_falls(made: Path) -> None:
    results, arrays = words.study(settings(epochs=4))
    # a little less: of twelve words some negatives are the near word itself, and left out
    start = arrays["fixed"][:, 0] / results["untrained_loss"]
    assert ((start > 0.9) & (start < 1)).all()
    assert (np.diff(arrays["fixed"]) < 0).all()


def test_words_that_stand_together_are_neighbours(made: Path) -> None:
    results, _ = words.study(settings(epochs=6, subsample=1.0))
    nearest = {each["word"]: each["neighbours"][0][0] for each in results["neighbours"]}
    assert nearest == {"war": "peace", "gold": "silver"}
    assert results["neighbours"][0]["count"] == json.loads((made / "vocabulary.json").read_text())["counts"][2]


def test_an_expected_answer_that_is_in_the_question_has_no_place(made: Path) -> None:
    results, _ = words.study(settings())
    first, second = results["examples"]
    assert first["rank"] is not None
    assert first["expected_score"] <= first["score"]
    assert (second["rank"], second["expected_score"]) == (None, None)


def test_the_map_follows_the_groups_in_their_order(made: Path) -> None:
    results, arrays = words.study(settings())
    # JSON may sort a mapping's keys; the rows of the array must still be found
    assert results["map"]["groups"] == [
        {"group": "numbers", "words": ["two", "three"]},
        {"group": "forces", "words": ["army", "navy", "war"]},
    ]
    other, turned = words.study(settings(map={"forces": ["war", "navy", "army"], "numbers": ["three", "two"]}))
    assert other["map"]["explained"] == pytest.approx(results["map"]["explained"], rel=1e-5)
    np.testing.assert_allclose(np.abs(turned["map"]), np.abs(arrays["map"][::-1][[0, 1, 2, 3, 4]]), atol=1e-5)


def test_principal_components_are_those_of_the_covariance() -> None:
    rows = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32) * [4, 2, 1, 0.5]
    places, explained = words.principal(rows.astype(np.float32))
    values, axes = np.linalg.eigh(np.cov(rows.T))
    np.testing.assert_allclose(np.abs(places), np.abs((rows - rows.mean(0)) @ axes[:, [3, 2]]), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(explained, values[[3, 2]] / values.sum(), rtol=1e-5)
    assert (places[np.abs(places).argmax(0), [0, 1]] > 0).all()


def test_twice_gives_the_same_bytes_whatever_is_shown(made: Path) -> None:
    file = paths.models("words") / "vectors.safetensors"
    first, arrays = words.study(settings())
    bytes_of = file.read_bytes()
    again, arrays_again = words.study(settings())
    assert file.read_bytes() == bytes_of
    assert json.dumps(again) == json.dumps(first)
    assert all(arrays[name].tobytes() == arrays_again[name].tobytes() for name in arrays)
    words.study(settings(neighbours=["red"]))
    assert file.read_bytes() == bytes_of
    assert {name: each.shape for name, each in load_file(file).items()} == {"seed-0": (12, 8), "seed-4": (12, 8)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"neighbours": ["War"]}, r"studies\.words\.neighbours: 'War' is not in the vocabulary of made"),
        ({"analogies": [["war", "peace", "army", "fleet"]]}, r"studies\.words\.analogies: 'fleet'"),
        ({"map": {"colours": ["red", "green"]}}, r"studies\.words\.map\.colours: 'green'"),
        ({"lr": 1e30}, r"studies\.words\.lr: 1e\+30 found, with which the vectors grow without bound in epoch 1"),
        ({"dataset": "none"}, r"dvc repro data@none"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_bad_settings_are_one_line_and_leave_nothing(made: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        words.study(settings(**changes))
    assert not paths.models("words").exists()


def test_a_vocabulary_without_the_tests_is_refused(made: Path) -> None:
    (made / "similarities.json").write_text("[]")
    with pytest.raises(UserError, match="0 pairs of WordSim-353"):
        words.study(settings())


def test_progress_comes_as_lines_for_a_scheduler(
    made: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    words.study(settings())
    assert capfd.readouterr() == ("", "")
    monkeypatch.setenv("NNLABS_PROGRESS", "lines")
    words.study(settings())
    lines = capfd.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [f"words seed {seed} epoch 2/2" for seed in (0, 4)]
