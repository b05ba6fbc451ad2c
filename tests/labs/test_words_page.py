"""The page of the word vectors: every number from the results, each verdict as the numbers have it."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from computedlab import settings

from nnlabs.config import words as config_words
from nnlabs.core.record import Arrays
from nnlabs.labs.words import figures, sentences
from nnlabs.labs.words import page as words
from nnlabs.labs.words.beside import TOOL, Beside
from nnlabs.labs.words.results import Example, Group, Near, Results, Section, Spread, Text
from nnlabs.labs.words.results import Test as Score  # pytest would take a class Test for one of its own
from nnlabs.labs.words.settings import Printed
from nnlabs.reporting import network, rendering
from nnlabs.reporting.computed import Lab

KNOBS: dict[str, Any] = {"window": 3, "negatives": 5, "subsample": 0.001, "lr": 0.025, "neighbours": ["red", "cat"]}
GROUPS = [Group("colours", ["red", "blue"], 2), Group("beasts", ["cat", "dog", "cow"], 1)]


def spread(*values: float) -> Spread:
    return Spread(float(np.mean(values)), 0.01 if len(values) > 1 else None, list(values))


RESULTS = Results(
    text=Text(
        documents=12,
        words=34567,
        vocabulary=1250,
        min_count=7,
        tokens=30000,
        sha256="abcdef" * 10,
        similarities=353,
        questions=19544,
    ),
    pairs=[123456, 123457],
    fixed_pairs=4321,
    untrained_loss=4.1589,
    similarity=Score(190, 353, learned=spread(0.40, 0.42), untrained=spread(-0.01, 0.01)),
    analogies=Score(550, 19544, learned=spread(0.25, 0.27), untrained=spread(0.0, 0.0)),
    sections=[
        Section("family", 200, spread(0.10, 0.11)),
        Section("gram1-adjective-to-adverb", 300, spread(0.40, 0.42)),
        Section("tiny", 50, spread(0.90, 0.90)),
    ],
    neighbours=[Near("red", 1234, [("blue", 0.876), ("green", 0.5)])],
    examples=[
        Example(("a", "b", "c", "d"), "d", 0.71, 1, 0.71),
        Example(("a", "b", "c", "e"), "d", 0.71, 1300, -0.1),
        Example(("a", "b", "c", "c"), "d", 0.71, None, None),
    ],
    groups=GROUPS,
    explained=[0.31, 0.22],
)


@pytest.fixture
def arrays() -> Arrays:
    return {
        "running": np.array([[2.5, 2.3, 2.4], [2.5, 2.3, 2.4]]),
        "fixed": np.array([[4.1, 3.0, 2.9, 2.8], [4.1, 3.0, 2.9, 2.8]]),
        "map": np.random.default_rng(0).normal(size=(5, 2)),
    }


def beside(results: Results, rows: list[dict[str, str]] | None = None, **knobs: Any) -> Beside:
    return words.judge(results, settings("words", **KNOBS | knobs), rows or [], {})


def view(results: Results, arrays: Arrays, folder: Path, **knobs: Any) -> words.View:
    return words.page(beside(results, **knobs), arrays, settings("words", **KNOBS | knobs), folder)


def gensim(similarity: list[float], analogies: list[float], **other: str) -> list[dict[str, str]]:
    """Rows as reported.csv has them, of the made settings and vocabulary."""
    said = settings("words", **KNOBS).model_dump()
    same = {key: f"{said[key]:g}" for key in TOOL} | {"tool": "gensim", "version": "4", "vocabulary": "1250"} | other
    return [
        same | {"test": test, "seed": str(seed), "score": str(score)}
        for test, scores in (("similarity", similarity), ("analogies", analogies))
        for seed, score in enumerate(scores)
    ]


def rendered(results: Results, arrays: Arrays, folder: Path, **knobs: Any) -> str:
    shown = beside(results, **knobs)
    drawn = network.messages(words.networks(shown, settings("words", **KNOBS | knobs), ()))
    lab = Lab(
        **{"key": "words", "title": "Word vectors", "question": "What?", "answer": words.answer(shown)},
        **{"sample": False, "edition": "single", "data": None, "networks": drawn, "samples": "", "each": 0},
    )
    chosen = settings("words", **KNOBS | knobs)
    return rendering.render(
        "words/page.md.j2",
        view=view(results, arrays, folder, **knobs),
        lab=lab,
        settings=chosen,
        results=shown,
        sources={"drawn": ()},
    )


def test_the_page_shows_the_numbers_and_only_figures_that_are_there(arrays: Arrays, tmp_path: Path) -> None:
    folder = tmp_path / "figures"
    folder.mkdir()
    text = rendered(RESULTS, arrays, folder)
    for number in ("0.410 ± 0.010", "190 of 353", "550 of 19,544", "26.00 ± 1.00", "34,567", "1,250", "blue 0.88"):
        assert number in text, number
    for said in ("CC0 1.0", "Presidents of the United States", "CC BY 4.0 (WordSim-353)", "abcdefabcdefabcd…"):
        assert said in text, said
    embedded = re.findall(r"figures/words/([\w-]+\.svg)", text)
    assert sorted(embedded) == sorted([*(path.name for path in folder.iterdir()), "networks.svg"])
    assert "Skip-gram: 1, then " in text
    assert "the nearest by cosine is one of its own group for 3 of them" in text
    assert "](../benchmarks/figures/words.svg)" in text
    assert "](../benchmarks/README.md)" in text
    assert "1 of these 3" in text


def test_what_departs_from_the_tools_defaults_is_named(arrays: Arrays, tmp_path: Path) -> None:
    text = rendered(RESULTS, arrays, tmp_path)
    assert "tool but for dimensions (there 100), window (there 5), epochs (there 5)." in text
    assert "defaults of the authors' tool." in rendered(RESULTS, arrays, tmp_path, **TOOL)


def test_the_index_answers_with_numbers() -> None:
    said = words.answer(beside(RESULTS)).row
    assert "correlate at 0.410 ± 0.010 (over 2 seeds; 0 is chance, 1 the most)." in said
    assert "only in part: 26.0 ± 1.0 % of 550 analogies" in said
    assert "\n" not in said


def test_another_program_stands_beside_where_its_settings_were_these() -> None:
    rows = gensim([0.39, 0.40, 0.41], [0.24, 0.25, 0.26])
    said = words.answer(beside(RESULTS, rows)).row
    assert "1 the most; gensim 4 reaches 0.400 from the same text)" in said
    assert "come out right; gensim 4 reaches 25.0 % from the same text" in said
    for other in ({"window": "7"}, {"vocabulary": "1251"}):
        assert "gensim" not in words.answer(beside(RESULTS, gensim([0.39], [0.24], **other))).row


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ([0.20, 0.21, 0.22], "gensim 4 beside it: +0.200 (interval +0.1"),
        ([0.20, 0.21, 0.22], "ours is the higher"),
        ([0.60, 0.61, 0.62], "ours is the lower"),
        ([0.38, 0.41, 0.44], "no difference is found"),
        ([0.20, 0.21], "too few seeds"),
        ([0.20, 0.20, 0.20], "too few seeds"),  # or none that vary
    ],
)
def test_the_yardstick_is_as_the_numbers_have_it(theirs: list[float], said: str) -> None:
    changed = replace(
        RESULTS, pairs=[1] * 3, similarity=replace(RESULTS.similarity, learned=spread(0.40, 0.41, 0.42)), sections=[]
    )
    assert said in sentences.similarity_sentence(beside(changed, gensim(theirs, [])))


def test_the_committed_yardstick_is_what_the_benchmark_measured() -> None:
    section = json.loads(Path("benchmarks/results.json").read_text(encoding="utf-8"))["words"]["bf16"]
    rows = config_words.reported("words", Printed)
    for test in ("similarity", "analogies"):
        found = [float(row["score"]) for row in rows if row["test"] == test]
        assert found == section["scores"]["gensim, one worker"][test]
    for row in rows:
        assert {key: float(row[key]) for key in section["recipe"]} == section["recipe"]
        assert int(row["epochs"]) == section["epochs"]
        assert (row["version"], row["when"]) == (section["machine"]["versions"]["gensim"], section["when"])


def test_no_correlation_is_said_to_be_none() -> None:
    changed = replace(RESULTS, similarity=replace(RESULTS.similarity, learned=spread(0.05, 0.07)))
    assert "does not show here" in words.answer(beside(changed)).row


def test_relations_that_are_learnt_are_said_to_be() -> None:
    changed = replace(RESULTS, analogies=replace(RESULTS.analogies, learned=spread(0.7, 0.8)))
    assert "They learn relations between words, too: 75.0" in words.answer(beside(changed)).row


def test_small_sections_are_named_neither_best_nor_worst(arrays: Arrays, tmp_path: Path) -> None:
    said = view(RESULTS, arrays, tmp_path).analogies
    assert "Of the sections with 100 questions or more the best is `gram1-adjective-to-adverb` (41.0" in said
    assert "worst `family`" in said
    bars = view(RESULTS, arrays, tmp_path).bars
    assert bars.startswith("Of the sections with 100 questions or more, from 41.0") and "in family" in bars
    large = replace(RESULTS, sections=RESULTS.sections[:2])
    assert "The best section is `gram1-adjective" in view(large, arrays, tmp_path).analogies
    assert view(large, arrays, tmp_path).bars.startswith("From 41.0")


@pytest.mark.parametrize(
    ("grammar", "facts", "said"),
    [
        ((0.40, 0.41, 0.42), (0.10, 0.11, 0.12), "more is learnt of grammar"),
        ((0.10, 0.11, 0.12), (0.40, 0.41, 0.42), "more is learnt of facts"),
        ((0.10, 0.30, 0.20), (0.15, 0.20, 0.18), "which is learnt better cannot be told"),
        ((0.40, 0.42), (0.10, 0.11), "too few seeds"),
        ((0.40, 0.40, 0.40), (0.10, 0.10, 0.10), "too few seeds"),
    ],
)
def test_grammar_against_facts_is_as_the_numbers_have_it(
    grammar: tuple[float, ...], facts: tuple[float, ...], said: str
) -> None:
    changed = replace(
        RESULTS,
        pairs=[1] * len(grammar),
        sections=[Section("gram", 200, spread(*grammar)), Section("other", 200, spread(*facts))],
    )
    assert said in sentences.grammar_sentence(beside(changed))


def test_a_vocabulary_with_questions_of_one_kind() -> None:
    changed = replace(RESULTS, sections=RESULTS.sections[:1])
    assert "cannot be compared" in sentences.grammar_sentence(beside(changed))


def test_the_loss_is_told_as_it_went(arrays: Arrays, tmp_path: Path) -> None:
    falls, rises = view(RESULTS, arrays, tmp_path).losses
    assert "from 4.100 to 2.800, in every epoch" in falls
    assert "lowest in epoch 2 (2.300) and then rises to 2.400" in rises
    arrays["running"] = arrays["running"][:, :2]
    arrays["fixed"][:, 2] = 3.5
    (only,) = view(RESULTS, arrays, tmp_path).losses
    assert "not in every epoch" in only


def test_every_word_of_the_map_is_written_once_beside_its_point(arrays: Arrays) -> None:
    axes = figures.word_map(GROUPS, arrays["map"], [0.3, 0.2]).axes[0]
    wanted = [word for each in GROUPS for word in each.words]
    assert [text.get_text() for text in axes.texts] == wanted
    for text, place in zip(axes.texts, arrays["map"], strict=True):
        assert text.xy == tuple(place)
    points = np.concatenate([each.get_offsets() for each in axes.collections])
    np.testing.assert_array_equal(points, arrays["map"])
