"""The page of the word vectors: every number from the results, each verdict as the numbers have it."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from computedlab import settings

from nnlabs.core.record import Arrays
from nnlabs.labs.words import figures
from nnlabs.labs.words import page as words
from nnlabs.labs.words.results import Example, Group, Near, Results, Section, Spread, Text
from nnlabs.labs.words.results import Test as Score  # pytest would take a class Test for one of its own
from nnlabs.reporting import rendering
from nnlabs.reporting.computed import Lab

KNOBS: dict[str, Any] = {"window": 3, "negatives": 5, "subsample": 0.001, "lr": 0.025, "neighbours": ["red", "cat"]}
GROUPS = [Group("colours", ["red", "blue"]), Group("beasts", ["cat", "dog", "cow"])]


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


def view(results: Results, arrays: Arrays, folder: Path, **knobs: Any) -> words.View:
    return words.page(results, arrays, settings("words", **KNOBS | knobs), folder)


def rendered(results: Results, arrays: Arrays, folder: Path, **knobs: Any) -> str:
    lab = Lab("words", "Word vectors", "What?", words.answer(results), sample=False, edition="the only one", data=None)
    chosen = settings("words", **KNOBS | knobs)
    return rendering.render(
        "words/page.md.j2",
        view=view(results, arrays, folder, **knobs),
        lab=lab,
        settings=chosen,
        results=results,
    )


def test_the_page_shows_the_numbers_and_only_figures_that_are_there(arrays: Arrays, tmp_path: Path) -> None:
    folder = tmp_path / "figures"
    folder.mkdir()
    text = rendered(RESULTS, arrays, folder)
    for number in ("0.410 ± 0.010", "190 of 353", "550 of 19,544", "26.0 ± 1.0 %", "34,567", "1,250", "blue 0.88"):
        assert number in text, number
    for said in ("CC0 1.0", "Presidents of the United States", "CC BY 4.0 (WordSim-353)", "abcdefabcdefabcd…"):
        assert said in text, said
    embedded = re.findall(r"figures/words/([\w-]+\.svg)", text)
    assert sorted(embedded) == sorted(path.name for path in folder.iterdir())
    assert "](../benchmarks/figures/words.svg)" in text
    assert "](../benchmarks/README.md)" in text
    assert "labs.words.window=6 page@words" in text
    assert "1 of these 3" in text


def test_what_departs_from_the_tools_defaults_is_named(arrays: Arrays, tmp_path: Path) -> None:
    text = rendered(RESULTS, arrays, tmp_path)
    assert "tool but for dimensions (there 100), window (there 5), epochs (there 5)." in text
    assert "defaults of the authors' tool." in rendered(RESULTS, arrays, tmp_path, **words.TOOL)


def test_the_index_answers_with_numbers() -> None:
    said = words.answer(RESULTS)
    assert "0.410 ± 0.010" in said
    assert "2 seeds" in said
    assert "\n" not in said


def test_small_sections_are_named_neither_best_nor_worst(arrays: Arrays, tmp_path: Path) -> None:
    said = view(RESULTS, arrays, tmp_path).answers[1]
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
    arrays: Arrays, tmp_path: Path, grammar: tuple[float, ...], facts: tuple[float, ...], said: str
) -> None:
    changed = replace(
        RESULTS,
        pairs=RESULTS.pairs[: len(grammar)],
        sections=[Section("gram", 200, spread(*grammar)), Section("other", 200, spread(*facts))],
    )
    assert said in view(changed, arrays, tmp_path).answers[2]


def test_a_vocabulary_with_questions_of_one_kind(arrays: Arrays, tmp_path: Path) -> None:
    changed = replace(RESULTS, sections=RESULTS.sections[:1])
    assert "cannot be compared" in view(changed, arrays, tmp_path).answers[2]


def test_no_correlation_is_said_to_be_none(arrays: Arrays, tmp_path: Path) -> None:
    changed = replace(RESULTS, similarity=replace(RESULTS.similarity, learned=spread(0.05, 0.07)))
    assert "does not show" in view(changed, arrays, tmp_path).answers[0]


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
