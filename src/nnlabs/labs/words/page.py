"""The page of the word vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlabs.data.catalogue.licences import Licence, licence
from nnlabs.evaluation.statistics import interval
from nnlabs.evaluation.vectors import similarity_interval
from nnlabs.labs.common import curves, layers
from nnlabs.labs.words import sentences
from nnlabs.labs.words.beside import TESTS, TOOL, Beside, judge
from nnlabs.labs.words.figures import losses, sections, word_map
from nnlabs.labs.words.results import Example, Near, Results, Section, Spread
from nnlabs.labs.words.settings import Settings
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.figures import save
from nnlabs.reporting.sentences import with_interval
from nnlabs.reporting.tables import markdown, value

__all__ = ["answer", "curve", "judge", "metrics", "page"]

Arrays = dict[str, NDArray[Any]]

NEAR = 5
"""Neighbours that the table has room for."""
SKIPPED = {"neighbours", "analogies", "map"}
"""Settings that the table leaves out: they stand elsewhere on the page."""


@dataclass(frozen=True)
class View:
    """Sentences, tables, and the settings as the page writes them."""

    similarity: str
    analogies: str
    grammar: str
    losses: tuple[str, ...]
    settings: str
    departures: tuple[str, ...]
    """From what the authors' tool does."""
    seeds: str
    scores: str
    tool: str
    """The other program and its version; empty where it is not beside."""
    loss: str
    """Alternative texts."""
    bars: str
    sections: str
    neighbours: str
    examples: str
    right: int
    """Examples that are answered rightly."""
    mapped: int
    """Words on the map."""
    text_licence: Licence
    tests_licence: Licence


def answer(shown: Beside) -> Answer:
    results = shown.results
    similarity, analogies = results.similarity, results.analogies
    beside = {
        test: f"; {shown.tool} reaches {sentences.middle(shown.scores[test], test)} from the same text"
        if test in shown.scores
        else ""
        for test in TESTS
    }
    low, _ = similarity_interval(similarity.learned.mean, similarity.known)
    first = (
        "They learn which words keep the same company"
        if low > 0
        else "That they learn which words keep the same company does not show here"
    )
    relations = (
        "They learn relations between words, too"
        if analogies.learned.mean > 0.5
        else "They learn relations between words only in part"
    )
    groups = " and ".join(
        f"{row.word} is nearest to {row.neighbours[0][0]}" for row in results.neighbours[:2] if row.neighbours
    )
    why = (
        "A vector is pulled towards the vectors of the words around it, so words that are used alike end close to each "
        f"other, whatever they mean{f' ({groups})' if groups else ''}."
    )
    return Answer(
        (
            f"{first}: how near two vectors are and how alike people find the words correlate at "
            f"{sentences.correlation(similarity.learned)} "
            f"(over {sentences.seeds(results)}; 0 is chance, 1 the most{beside['similarity']}).",
            f"{relations}: {sentences.share(analogies.learned)} % of {analogies.known:,} analogies come out right"
            f"{beside['analogies']}.",
            why,
            f"The limit is the text: {results.text.words / 1e6:.1f} million words of one kind, speeches, where "
            "word2vec's authors took billions; "
            "a relation that is seldom spoken of can hardly be learnt from it.",
        ),
        "map.svg",
        _map_message(results),
        why,
    )


def _map_message(results: Results) -> str:
    groups = [each.group for each in results.groups]
    words, kin = (sum(map(of, results.groups)) for of in (lambda each: len(each.words), lambda each: each.together))
    return (
        f"{words} words of {len(groups)} groups ({', '.join(groups)}) by the directions of their vectors: the nearest "
        f"by cosine is one of its own group for {'all' if kin == words else kin} of them"
    )


def metrics(shown: Beside) -> dict[str, float]:
    results = shown.results
    return {"similarity": results.similarity.learned.mean, "analogies": results.analogies.learned.mean}


def curve(shown: Beside, arrays: Arrays) -> curves.Rows:
    """The loss of a pair by epoch, mean over seeds: of the same pairs all along, and as it is met on the way."""
    fixed, running = arrays["fixed"].mean(0), arrays["running"].mean(0)
    middles = np.arange(len(running)) + 0.5  # a mean over an epoch stands in its middle
    return curves.line(np.arange(len(fixed)), fixed, "the same pairs") + curves.line(middles, running, "on the way")


def networks(shown: Beside, settings: Settings, shape: Sequence[int]) -> dict[str, layers.Layers]:
    """Skip-gram, as one pair passes it: the word that is there, and the negatives."""
    words = shown.results.text.vocabulary
    return {"Skip-gram": layers.skip_gram(words, settings.dimensions, settings.negatives + 1)}


def page(shown: Beside, arrays: Arrays, settings: Settings, folder: Path) -> View:
    results = shown.results
    save(losses(arrays["running"], arrays["fixed"]), folder / "loss.svg", __name__)
    save(sections(results.sections), folder / "analogies.svg", __name__)
    save(word_map(results.groups, arrays["map"], results.explained), folder / "map.svg", __name__)
    said = settings.model_dump(exclude=SKIPPED)
    return View(
        similarity=sentences.similarity_sentence(shown),
        analogies=sentences.analogy_sentence(shown),
        grammar=sentences.grammar_sentence(shown),
        losses=sentences.loss_sentences(arrays["running"].mean(0), arrays["fixed"].mean(0)),
        settings=", ".join(f"{key} {value(each)}" for key, each in said.items()),
        departures=tuple(f"{key} (there {value(told)})" for key, told in TOOL.items() if said[key] != told),
        seeds=sentences.seeds(results),
        scores=_scores(shown),
        tool=shown.tool,
        loss=sentences.loss_message(arrays["fixed"].mean(0)),
        bars=sentences.bars_message(results.sections),
        sections=_sections_table(results.sections),
        neighbours=_neighbours_table(results.neighbours),
        examples=_examples_table(results.examples),
        right=sum(each.rank == 1 for each in results.examples),
        mapped=sum(len(each.words) for each in results.groups),
        text_licence=licence("speeches"),
        tests_licence=licence("word-tests"),
    )


# ---------------------------------------------------------------- tables


def _scores(shown: Beside) -> str:
    similarity, analogies = shown.results.similarity, shown.results.analogies
    rows = [
        {
            "test": "WordSim-353, correlation",
            "known": f"{similarity.known:,} of {similarity.all:,}",
            "before learning": sentences.correlation(similarity.untrained),
            "after": f"**{sentences.correlation(similarity.learned)}**",
        },
        {
            "test": "questions-words, right, %",
            "known": f"{analogies.known:,} of {analogies.all:,}",
            "before learning": sentences.share(analogies.untrained, 2),
            "after": f"**{sentences.share(analogies.learned, 2)}**",
        },
    ]
    if shown.scores:
        for row, test in zip(rows, TESTS, strict=True):
            values = shown.scores.get(test, [])
            half = interval(values) if len(values) > 1 else None
            row[shown.tool] = (
                sentences.correlation(Spread(mean(values), half, values))
                if test == "similarity"
                else with_interval(mean(values), half)
            )
    return markdown(rows)


def _sections_table(rows: list[Section]) -> str:
    return markdown(
        [
            {
                "section": sentences.name(row),
                "questions": f"{row.known:,}",
                "right, %": sentences.share(row.right),
            }
            for row in sorted(rows, key=lambda row: -row.right.mean)
        ]
    )


def _neighbours_table(rows: list[Near]) -> str:
    table = pd.DataFrame(
        [
            {"word": f"**{row.word}**", "in the text": f"{row.count:,}", "nearest, with cosine": _near(row)}
            for row in rows
        ]
    )
    return str(table.to_markdown(index=False, disable_numparse=True, colalign=("left", "right", "left")))


def _near(row: Near) -> str:
    return ", ".join(f"{word} {cosine:.2f}" for word, cosine in row.neighbours[:NEAR])


def _examples_table(rows: list[Example]) -> str:
    shown = []
    for row in rows:
        first, second, third, expected = row.question
        right = row.rank == 1
        shown.append(
            {
                "question": f"{first} : {second} = {third} : ?",
                "expected": expected,
                "answer": f"**{row.answer}**" if right else row.answer,
                "its cosine": f"{row.score:.2f}",
                "cosine of the expected": _or_none(row.expected_score, ".2f"),
                "its place": _or_none(row.rank, ",d"),
            }
        )
    return markdown(shown)


def _or_none(number: float | None, form: str) -> str:
    """The expected answer may be one of the question's own words, which have no place."""
    return "–" if number is None else format(number, form)
