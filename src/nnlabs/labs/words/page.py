"""The page of the word vectors."""

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
from nnlabs.labs.common import curves
from nnlabs.labs.words.figures import GRAMMAR, losses, sections, word_map
from nnlabs.labs.words.results import Example, Near, Results, Section, Spread
from nnlabs.labs.words.settings import Settings
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.figures import save
from nnlabs.reporting.sentences import counted, points, with_interval
from nnlabs.reporting.tables import markdown, value

Arrays = dict[str, NDArray[Any]]

FEW = 100
"""A section with fewer questions is too small to be named the best or the worst."""
TOOL = {"dimensions": 100, "window": 5, "negatives": 5, "subsample": 0.001, "epochs": 5, "lr": 0.025}
"""What the authors' tool word2vec does where it is told nothing."""
SKIPPED = {"neighbours", "analogies", "map"}
"""Settings that the table leaves out: they stand elsewhere on the page."""


@dataclass(frozen=True)
class View:
    """Sentences, tables, and the settings as the page writes them."""

    answers: tuple[str, ...]
    losses: tuple[str, ...]
    settings: str
    departures: tuple[str, ...]
    """From what the authors' tool does."""
    seeds: str
    scores: str
    sections: str
    neighbours: str
    examples: str
    right: int
    """Examples that are answered rightly."""
    mapped: int
    """Words on the map."""
    text_licence: Licence
    tests_licence: Licence


def answer(results: Results) -> Answer:
    return Answer((_answer(results),), "map.svg")


def _answer(results: Results) -> str:
    similarity, analogies = results.similarity, results.analogies
    return (
        f"Likeness: the cosine of two words and people's judgement correlate at {_correlation(similarity.learned)} "
        f"(Spearman, {similarity.known} pairs, {_seeds(results)}); of {analogies.known:,} analogies "
        f"{_share(analogies.learned)} % come out right."
    )


def metrics(results: Results) -> dict[str, float]:
    return {"similarity": results.similarity.learned.mean, "analogies": results.analogies.learned.mean}


def curve(results: Results, arrays: Arrays) -> curves.Rows:
    """The loss of a pair by epoch, mean over seeds: of the same pairs all along, and as it is met on the way."""
    fixed, running = arrays["fixed"].mean(0), arrays["running"].mean(0)
    middles = np.arange(len(running)) + 0.5  # a mean over an epoch stands in its middle
    return curves.line(np.arange(len(fixed)), fixed, "the same pairs") + curves.line(middles, running, "on the way")


def page(results: Results, arrays: Arrays, settings: Settings, folder: Path) -> View:
    save(losses(arrays["running"], arrays["fixed"]), folder / "loss.svg")
    save(sections(results.sections), folder / "analogies.svg")
    save(word_map(results.groups, arrays["map"], results.explained), folder / "map.svg")
    said = settings.model_dump(exclude=SKIPPED)
    return View(
        answers=(_similarity_sentence(results), _analogy_sentence(results), _grammar_sentence(results)),
        losses=_loss_sentences(arrays["running"].mean(0), arrays["fixed"].mean(0)),
        settings=", ".join(f"{key} {value(each)}" for key, each in said.items()),
        departures=tuple(f"{key} (there {value(told)})" for key, told in TOOL.items() if said[key] != told),
        seeds=_seeds(results),
        scores=_scores(results),
        sections=_sections_table(results.sections),
        neighbours=_neighbours_table(results.neighbours),
        examples=_examples_table(results.examples),
        right=sum(each.rank == 1 for each in results.examples),
        mapped=sum(len(each.words) for each in results.groups),
        text_licence=licence("speeches"),
        tests_licence=licence("word-tests"),
    )


# ---------------------------------------------------------------- sentences


def _seeds(results: Results) -> str:
    return counted(len(results.pairs))


def _correlation(each: Spread) -> str:
    half = f" ± {each.interval:.3f}" if each.interval is not None else ""
    return f"{each.mean:.3f}{half}".replace("-", "\N{MINUS SIGN}")


def _similarity_sentence(results: Results) -> str:
    test = results.similarity
    low, high = similarity_interval(test.learned.mean, test.known)
    found = "They learn which words are alike" if low > 0 else "That they learn which words are alike does not show"
    between = f"{low:.2f} to {high:.2f}".replace("-", "\N{MINUS SIGN}")
    return (
        f"{found}: the cosine of two words and people's judgement of their likeness correlate at "
        f"{_correlation(test.learned)} (Spearman, mean of {_seeds(results)}; for the choice of the {test.known} pairs "
        f"the 95 % interval is {between}). Before learning it was {_correlation(test.untrained)}."
    )


def _analogy_sentence(results: Results) -> str:
    test, words = results.analogies, results.text.vocabulary
    large = [section for section in results.sections if section.known >= FEW] or results.sections
    best = max(large, key=lambda section: section.right.mean)
    worst = min(large, key=lambda section: section.right.mean)
    return (
        f"{_share(test.learned)} % of {test.known:,} analogies come out right; one word "
        f"taken at random from {words:,} would be right in {100 / words:.2f} %. The best section is "
        f"{_name(best)} ({_share(best.right)} %), the worst {_name(worst)} "
        f"({_share(worst.right)} %)."
    )


def _grammar_sentence(results: Results) -> str:
    """Forms of a word against knowledge of the world, paired by seed."""
    rows = results.sections
    kinds = [[row for row in rows if row.section.startswith(GRAMMAR) is grammar] for grammar in (True, False)]
    if not all(kinds):
        return "The vocabulary has questions of one kind only, so grammar and facts cannot be compared."
    grammar, facts = (
        [
            sum(row.known * row.right.per_seed[i] for row in kind) / sum(row.known for row in kind)
            for i in range(len(results.pairs))
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
        return said + f"no difference found at {_seeds(results)} ({points(mean(apart), 1)} ± {100 * half:.1f} points)."
    more = "grammar" if mean(apart) > 0 else "facts"
    return said + f"more is learnt of {more} ({points(mean(apart), 1)} ± {100 * half:.1f} points, paired by seed)."


def _loss_sentences(running: NDArray[Any], fixed: NDArray[Any]) -> tuple[str, ...]:
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
    return tuple(said)


def _name(section: Section) -> str:
    return f"`{section.section}`"


def _share(each: Spread, digits: int = 1) -> str:
    return with_interval(each.mean, each.interval, digits)


# ---------------------------------------------------------------- tables


def _scores(results: Results) -> str:
    similarity, analogies = results.similarity, results.analogies
    return markdown(
        [
            {
                "test": "WordSim-353, Spearman's correlation",
                "known to the vocabulary": f"{similarity.known:,} of {similarity.all:,}",
                "before learning": _correlation(similarity.untrained),
                "after": f"**{_correlation(similarity.learned)}**",
            },
            {
                "test": "questions-words, right answers, %",
                "known to the vocabulary": f"{analogies.known:,} of {analogies.all:,}",
                "before learning": _share(analogies.untrained, 2),
                "after": f"**{_share(analogies.learned, 2)}**",
            },
        ]
    )


def _sections_table(rows: list[Section]) -> str:
    return markdown(
        [
            {
                "section": _name(row),
                "questions": f"{row.known:,}",
                "right, %": _share(row.right),
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
    return ", ".join(f"{word} {cosine:.2f}" for word, cosine in row.neighbours)


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
