"""The page of the word vectors: every number from the results, each verdict as the numbers have it."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlabs import config as params
from nnlabs.reporting import tables
from nnlabs.reporting.rendering import TEMPLATES
from nnlabs.labs.words import page as words, figures as words_figures

SETTINGS = params.load().studies.words
assert SETTINGS is not None
GROUPS = [{"group": "colours", "words": ["red", "blue"]}, {"group": "beasts", "words": ["cat", "dog", "cow"]}]


def spread(*values: float) -> dict[str, Any]:
    return {"mean": float(np.mean(values)), "interval": 0.01 if len(values) > 1 else None, "per_seed": list(values)}


@pytest.fixture
def results() -> dict[str, Any]:
    licence = {"name": "CC0", "url": "https://example.org/", "citation": "A. Author: A text (1900)"}
    made = {
        "settings": {
            **{"dataset": "made", "dimensions": 8, "window": 3, "negatives": 5, "subsample": 0.001},
            **{"epochs": 2, "lr": 0.025, "seeds": [0, 1], "neighbours": ["red", "cat"]},
            **{"analogies": [["a", "b", "c", "d"]], "map": {each["group"]: each["words"] for each in GROUPS}},
        },
        "corpus": {
            **{"documents": 12, "words": 34567, "tokens": 30000, "vocabulary": 1250, "min_count": 7},
            **{"origin_content": {"documents": "abcdef" * 10}, "licence": licence},
            "tests": {"similarities": 353, "questions": 19544, "licence": licence},
        },
        "pairs": [123456, 123457],
        "fixed_pairs": 4321,
        "untrained_loss": 4.1589,
        "similarity": {"known": 190, "all": 353, **spread(0.40, 0.42), "untrained": spread(-0.01, 0.01)},
        "analogies": {
            "known": 550,
            "all": 19544,
            **spread(0.25, 0.27),
            "untrained": spread(0.0, 0.0),
            "sections": [
                {"section": "family", "known": 200, **spread(0.10, 0.11)},
                {"section": "gram1-adjective-to-adverb", "known": 300, **spread(0.40, 0.42)},
                {"section": "tiny", "known": 50, **spread(0.90, 0.90)},
            ],
        },
        "neighbours": [{"word": "red", "count": 1234, "neighbours": [["blue", 0.876], ["green", 0.5]]}],
        "examples": [
            {"question": ["a", "b", "c", "d"], "answer": "d", "score": 0.71, "rank": 1, "expected_score": 0.71},
            {"question": ["a", "b", "c", "e"], "answer": "d", "score": 0.71, "rank": 1300, "expected_score": -0.1},
            {"question": ["a", "b", "c", "c"], "answer": "d", "score": 0.71, "rank": None, "expected_score": None},
        ],
        "map": {"groups": GROUPS, "explained": [0.31, 0.22]},
    }
    read: dict[str, Any] = json.loads(json.dumps(made, sort_keys=True))  # as the page's stage reads it
    return read


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    return {
        "running": np.array([[2.5, 2.3, 2.4], [2.5, 2.3, 2.4]]),
        "fixed": np.array([[4.1, 3.0, 2.9, 2.8], [4.1, 3.0, 2.9, 2.8]]),
        "map": np.random.default_rng(0).normal(size=(5, 2)),
    }


def rendered(results: dict[str, Any], arrays: dict[str, np.ndarray], folder: Path) -> str:
    common = {"title": words.TITLE, "question": words.QUESTION, "answer": words.answer(results), "results": results}
    content = common | words.page(results, arrays, SETTINGS, folder)
    data = {"edition": "embedded"}
    return TEMPLATES.get_template("words.md.j2").render(**content, sample=False, data=data, tables=tables)


def test_the_page_shows_the_numbers_and_only_figures_that_are_there(
    results: dict[str, Any], arrays: dict[str, np.ndarray], tmp_path: Path
) -> None:
    text = rendered(results, arrays, tmp_path)
    for number in ("0.410 ± 0.010", "190 of 353", "550 of 19,544", "26.0 ± 1.0 %", "34,567", "1,250", "blue 0.88"):
        assert number in text, number
    embedded = re.findall(r"figures/words/([\w-]+\.svg)", text)
    assert sorted(embedded) == sorted(path.name for path in tmp_path.iterdir())
    assert "](../benchmarks/figures/words.svg)" in text
    assert "](../benchmarks/README.md)" in text
    assert "studies.words.window=6" in text
    assert "1 of these 3" in text


def test_what_departs_from_the_tools_defaults_is_named(
    results: dict[str, Any], arrays: dict[str, np.ndarray], tmp_path: Path
) -> None:
    text = rendered(results, arrays, tmp_path)
    assert "tool but for dimensions (there 100), window (there 5), epochs (there 5)." in text
    results["settings"] |= words.TOOL
    assert "defaults of the authors' tool." in rendered(results, arrays, tmp_path)


def test_the_index_answers_with_numbers(results: dict[str, Any]) -> None:
    said = words.answer(results)
    assert "0.410 ± 0.010" in said
    assert "2 seeds" in said
    assert "\n" not in said


def test_small_sections_are_named_neither_best_nor_worst(
    results: dict[str, Any], arrays: dict[str, np.ndarray], tmp_path: Path
) -> None:
    said = words.page(results, arrays, SETTINGS, tmp_path)["answers"][1]
    assert "best section is `gram1-adjective-to-adverb` (41.0" in said
    assert "worst `family`" in said


@pytest.mark.parametrize(
    ("grammar", "facts", "said"),
    [
        ((0.40, 0.42), (0.10, 0.11), "more is learnt of grammar"),
        ((0.10, 0.11), (0.40, 0.42), "more is learnt of facts"),
        ((0.10, 0.30), (0.15, 0.20), "no difference found at 2 seeds"),
        ((0.10,), (0.40,), "too few to say"),
    ],
)
def test_grammar_against_facts_is_as_the_numbers_have_it(
    results: dict[str, Any],
    arrays: dict[str, np.ndarray],
    tmp_path: Path,
    grammar: tuple[float, ...],
    facts: tuple[float, ...],
    said: str,
) -> None:
    results["settings"]["seeds"] = list(range(len(grammar)))
    results["analogies"]["sections"] = [
        {"section": "gram", "known": 200, **spread(*grammar)},
        {"section": "other", "known": 200, **spread(*facts)},
    ]
    assert said in words.page(results, arrays, SETTINGS, tmp_path)["answers"][2]


def test_a_vocabulary_with_questions_of_one_kind(
    results: dict[str, Any], arrays: dict[str, np.ndarray], tmp_path: Path
) -> None:
    results["analogies"]["sections"] = results["analogies"]["sections"][:1]
    assert "cannot be compared" in words.page(results, arrays, SETTINGS, tmp_path)["answers"][2]


def test_no_correlation_is_said_to_be_none(
    results: dict[str, Any], arrays: dict[str, np.ndarray], tmp_path: Path
) -> None:
    results["similarity"] |= spread(0.05, 0.07)
    assert "does not show" in words.page(results, arrays, SETTINGS, tmp_path)["answers"][0]


def test_the_loss_is_told_as_it_went(results: dict[str, Any], arrays: dict[str, np.ndarray], tmp_path: Path) -> None:
    falls, rises = words.page(results, arrays, SETTINGS, tmp_path)["losses"]
    assert "from 4.100 to 2.800, in every epoch" in falls
    assert "lowest in epoch 2 (2.300) and then rises to 2.400" in rises
    arrays["running"] = arrays["running"][:, :2]
    arrays["fixed"][:, 2] = 3.5
    (only,) = words.page(results, arrays, SETTINGS, tmp_path)["losses"]
    assert "not in every epoch" in only


def test_figures_have_the_same_bytes_each_time(
    results: dict[str, Any], arrays: dict[str, np.ndarray], tmp_path: Path
) -> None:
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
        words.page(results, arrays, SETTINGS, folder)
    for path in sorted(folders[0].iterdir()):
        assert path.read_bytes() == (folders[1] / path.name).read_bytes()


def test_every_word_of_the_map_is_written_once_beside_its_point(arrays: dict[str, np.ndarray]) -> None:
    axes = words_figures.word_map(GROUPS, arrays["map"], [0.3, 0.2]).axes[0]
    wanted = [word for each in GROUPS for word in each["words"]]
    assert [text.get_text() for text in axes.texts] == wanted
    for text, place in zip(axes.texts, arrays["map"], strict=True):
        assert text.xy == tuple(place)
    points = np.concatenate([each.get_offsets() for each in axes.collections])
    np.testing.assert_array_equal(points, arrays["map"])
