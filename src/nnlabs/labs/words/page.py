"""The page of the word vectors."""

from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlabs.core.record import Arrays
from nnlabs.data.catalogue.licences import licence
from nnlabs.evaluation.statistics import interval
from nnlabs.labs.common import curves
from nnlabs.labs.words.figures import GRAMMAR, losses, sections, word_map
from nnlabs.labs.words.results import Example, Neighbours, Results, Section, Spread
from nnlabs.labs.words.settings import Settings
from nnlabs.reporting.figures import save
from nnlabs.reporting.sentences import counted, points, with_interval
from nnlabs.reporting.tables import markdown, value

FEW = 100
"""A section with fewer questions is too small to be named the best or the worst."""
TOOL = {"dimensions": 100, "window": 5, "negatives": 5, "subsample": 0.001, "epochs": 5, "lr": 0.025}
"""What the authors' tool word2vec does where it is told nothing."""


@dataclass(frozen=True)
class TextView:
    """Of the text and the tests, as the page writes it."""

    documents: str
    words: str
    vocabulary: str
    min_count: int
    tokens: str
    content: str
    """The first digits of its sha256."""
    licence: str
    """A link."""
    citation: str
    pairs: str
    questions: str
    tests_licence: str
    tests_citation: str


@dataclass(frozen=True)
class View:
    """Sentences, tables, and numbers as the page writes them."""

    answers: list[str]
    text: TextView
    settings: str
    departures: str
    """Settings that are not the authors' tool's; empty where all are."""
    seeds: str
    first_seed: int
    scores: str
    losses: list[str]
    pairs: str
    """Learnt from by the first seed."""
    fixed_pairs: str
    outputs: int
    """Output vectors that a pair meets: of the near word and of the negatives."""
    untrained_loss: str
    neighbours: str
    examples: str
    right: int
    """Of the examples."""
    asked: str
    """Questions of the test."""
    sections: str
    mapped: int
    """Words on the map."""
    other_window: int
    other_neighbours: str
    other_min_count: int


def answer(results: Results) -> str:
    """One sentence with its numbers, for the index."""
    similarity, analogies = results.similarity, results.analogies
    return (
        f"Likeness: the cosine of two words and people's judgement correlate at {_correlation(similarity.trained)} "
        f"(Spearman, {similarity.known} pairs, {counted(results.seeds)}); of {analogies.known:,} analogies "
        f"{_percent(analogies.trained, 1)} % come out right."
    )


def metrics(results: Results) -> dict[str, float]:
    """Both tests, means over seeds."""
    return {"similarity": results.similarity.trained.mean, "analogies": results.analogies.trained.mean}


def curve(results: Results, arrays: Arrays) -> curves.Rows:
    """The loss of a pair by epoch, mean over seeds: of the same pairs all along, and as it is met on the way."""
    fixed, running = arrays["fixed"].mean(0), arrays["running"].mean(0)
    return curves.line(np.arange(len(fixed)), fixed, "the same pairs") + curves.line(
        np.arange(len(running)) + 0.5,  # a mean over an epoch stands in its middle
        running,
        "on the way",
    )


def page(results: Results, arrays: Arrays, settings: Settings, folder: Path) -> View:
    save(losses(arrays["running"], arrays["fixed"]), folder / "loss.svg")
    save(sections(results.sections), folder / "analogies.svg")
    save(word_map(results.map.groups, arrays["map"], results.map.explained), folder / "map.svg")
    # what is shown stands elsewhere on the page
    knobs = settings.model_dump(mode="json", exclude={"neighbours", "analogies", "map"})
    return View(
        answers=[_similarity_sentence(results), _analogy_sentence(results), _grammar_sentence(results)],
        text=_text(results),
        settings=", ".join(f"{key} {value(each)}" for key, each in knobs.items()),
        departures=", ".join(f"{key} (there {value(told)})" for key, told in TOOL.items() if knobs[key] != told),
        seeds=counted(results.seeds),
        first_seed=settings.seeds[0],
        scores=_scores(results),
        losses=_loss_sentences(arrays["running"].mean(0), arrays["fixed"].mean(0)),
        pairs=f"{results.pairs[0]:,}",
        fixed_pairs=f"{results.fixed_pairs:,}",
        outputs=settings.negatives + 1,
        untrained_loss=f"{results.untrained_loss:.3f}",
        neighbours=_neighbours_table(results.neighbours),
        examples=_examples_table(results.examples),
        right=sum(each.rank == 1 for each in results.examples),
        asked=f"{results.analogies.known:,}",
        sections=_sections_table(results.sections),
        mapped=sum(len(each.words) for each in results.map.groups),
        other_window=2 * settings.window,
        other_neighbours=",".join(settings.neighbours[:2]),
        other_min_count=2 * results.text.min_count,
    )


def _text(results: Results) -> TextView:
    text = results.text
    own, tests = licence(text.origin), licence(text.tests)
    return TextView(
        documents=f"{text.documents:,}",
        words=f"{text.words:,}",
        vocabulary=f"{text.vocabulary:,}",
        min_count=text.min_count,
        tokens=f"{text.tokens:,}",
        content=text.content[:16],
        licence=f"[{own.name}]({own.url})",
        citation=own.citation,
        pairs=f"{text.pairs:,}",
        questions=f"{text.questions:,}",
        tests_licence=tests.name,
        tests_citation=tests.citation,
    )


# ---------------------------------------------------------------- sentences


def _correlation(each: Spread) -> str:
    half = f" ± {each.interval:.3f}" if each.interval is not None else ""
    return f"{each.mean:.3f}{half}".replace("-", "\N{MINUS SIGN}")


def _percent(each: Spread, digits: int = 2) -> str:
    return with_interval(each.mean, each.interval, digits)


def _similarity_sentence(results: Results) -> str:
    each, (low, high) = results.similarity, results.similarity_by_choice
    found = "They learn which words are alike" if low > 0 else "That they learn which words are alike does not show"
    between = f"{low:.2f} to {high:.2f}".replace("-", "\N{MINUS SIGN}")
    return (
        f"{found}: the cosine of two words and people's judgement of their likeness correlate at "
        f"{_correlation(each.trained)} (Spearman, mean of {counted(results.seeds)}; for the choice of the "
        f"{each.known} pairs the 95 % interval is {between}). Before learning it was {_correlation(each.untrained)}."
    )


def _analogy_sentence(results: Results) -> str:
    each, words = results.analogies, results.text.vocabulary
    large = [section for section in results.sections if section.known >= FEW] or results.sections
    best = max(large, key=lambda section: section.trained.mean)
    worst = min(large, key=lambda section: section.trained.mean)
    return (
        f"{_percent(each.trained, 1)} % of {each.known:,} analogies come out right; one word "
        f"taken at random from {words:,} would be right in {100 / words:.2f} %. The best section is "
        f"`{best.name}` ({_percent(best.trained, 1)} %), the worst `{worst.name}` ({_percent(worst.trained, 1)} %)."
    )


def _grammar_sentence(results: Results) -> str:
    """Forms of a word against knowledge of the world, paired by seed."""
    kinds = [[row for row in results.sections if row.name.startswith(GRAMMAR) is grammar] for grammar in (True, False)]
    if not all(kinds):
        return "The vocabulary has questions of one kind only, so grammar and facts cannot be compared."
    grammar, facts = (
        [
            sum(row.known * row.trained.per_seed[i] for row in kind) / sum(row.known for row in kind)
            for i in range(results.seeds)
        ]
        for kind in kinds
    )
    apart = [a - b for a, b in zip(grammar, facts, strict=True)]
    half = interval(apart)
    said = (
        f"Grammar (sections `{GRAMMAR}*`) {with_interval(mean(grammar), interval(grammar), 1)} %, facts "
        f"{with_interval(mean(facts), interval(facts), 1)} %: "
    )
    if np.isnan(half):
        return said + f"{points(mean(apart), 1)} points, one seed, too few to say whether they differ."
    if abs(mean(apart)) <= half:
        return said + (
            f"no difference found at {counted(results.seeds)} ({points(mean(apart), 1)} ± {100 * half:.1f} points)."
        )
    more = "grammar" if mean(apart) > 0 else "facts"
    return said + f"more is learnt of {more} ({points(mean(apart), 1)} ± {100 * half:.1f} points, paired by seed)."


def _loss_sentences(running: NDArray[Any], fixed: NDArray[Any]) -> list[str]:
    falls = "in every epoch" if (np.diff(fixed) < 0).all() else "though not in every epoch"
    said = [f"Measured on the same pairs all along, the loss falls from {fixed[0]:.3f} to {fixed[-1]:.3f}, {falls}."]
    lowest = int(running.argmin())
    if lowest < len(running) - 1:
        said.append(
            f"The loss that is met on the way, each pair's just before its step, is lowest in epoch {lowest + 1} "
            f"({running[lowest]:.3f}) and then rises to {running[-1]:.3f}: while the rate is high the vectors follow "
            "the address that is being read and forget it in the next; as the rate falls they stop following and "
            "settle on what holds for all."
        )
    return said


# ---------------------------------------------------------------- tables


def _scores(results: Results) -> str:
    similarity, analogies = results.similarity, results.analogies
    return markdown(
        [
            {
                "test": "WordSim-353, Spearman's correlation",
                "known to the vocabulary": f"{similarity.known:,} of {similarity.all:,}",
                "before learning": _correlation(similarity.untrained),
                "after": f"**{_correlation(similarity.trained)}**",
            },
            {
                "test": "questions-words, right answers, %",
                "known to the vocabulary": f"{analogies.known:,} of {analogies.all:,}",
                "before learning": _percent(analogies.untrained),
                "after": f"**{_percent(analogies.trained)}**",
            },
        ]
    )


def _sections_table(rows: list[Section]) -> str:
    return markdown(
        [
            {"section": f"`{row.name}`", "questions": f"{row.known:,}", "right, %": _percent(row.trained, 1)}
            for row in sorted(rows, key=lambda row: -row.trained.mean)
        ]
    )


def _neighbours_table(rows: list[Neighbours]) -> str:
    table = pd.DataFrame(
        [
            {
                "word": f"**{row.word}**",
                "in the text": f"{row.count:,}",
                "nearest, with cosine": ", ".join(f"{word} {cosine:.2f}" for word, cosine in row.nearest),
            }
            for row in rows
        ]
    )
    return str(table.to_markdown(index=False, disable_numparse=True, colalign=("left", "right", "left")))


def _examples_table(rows: list[Example]) -> str:
    shown: list[dict[str, Any]] = []
    for row in rows:
        first, second, third, expected = row.question
        shown.append(
            {
                "question": f"{first} : {second} = {third} : ?",
                "expected": expected,
                "answer": f"**{row.answer}**" if row.rank == 1 else row.answer,
                "its cosine": f"{row.cosine:.2f}",
                "cosine of the expected": _or_none(row.expected_cosine, ".2f"),
                "its place": _or_none(row.rank, ",d"),
            }
        )
    return markdown(shown)


def _or_none(number: float | None, form: str) -> str:
    """The expected answer may be one of the question's own words, which have no place."""
    return "–" if number is None else format(number, form)
