"""The page of the word vectors."""

from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlabs.evaluation.statistics import interval
from nnlabs.evaluation.vectors import similarity_interval
from nnlabs.params.studies import Words
from nnlabs.reporting.figures import save
from nnlabs.labs.words.figures import GRAMMAR, losses, sections, word_map
from nnlabs.reporting.tables import markdown, value
from nnlabs.reporting.sentences import counted, points, with_interval

TITLE = "Word vectors"
QUESTION = "What do word vectors learn?"

Results = dict[str, Any]
Arrays = dict[str, NDArray[Any]]

FEW = 100
"""A section with fewer questions is too small to be named the best or the worst."""
TOOL = {"dimensions": 100, "window": 5, "negatives": 5, "subsample": 0.001, "epochs": 5, "lr": 0.025}
"""What the authors' tool word2vec does where it is told nothing."""
SKIPPED = ("dataset", "neighbours", "analogies", "map")
"""Settings that the table leaves out: they stand elsewhere on the page."""


def answer(results: Results) -> str:
    """One sentence with its numbers, for the index."""
    similarity, analogies = results["similarity"], results["analogies"]
    return (
        f"Likeness: the cosine of two words and people's judgement correlate at {_correlation(similarity)} "
        f"(Spearman, {similarity['known']} pairs, {_seeds(results)}); of {analogies['known']:,} analogies "
        f"{with_interval(analogies['mean'], analogies['interval'], 1)} % come out right."
    )


def page(results: Results, arrays: Arrays, _: Words, folder: Path) -> dict[str, Any]:
    """Save the figures into a folder; return what the template `words.md.j2` says."""
    settings = results["settings"]
    save(losses(arrays["running"], arrays["fixed"]), folder / "loss.svg")
    save(sections(results["analogies"]["sections"]), folder / "analogies.svg")
    save(word_map(results["map"]["groups"], arrays["map"], results["map"]["explained"]), folder / "map.svg")
    return {
        "answers": [_similarity_sentence(results), _analogy_sentence(results), _grammar_sentence(results)],
        "losses": _loss_sentences(arrays["running"].mean(0), arrays["fixed"].mean(0)),
        "settings": ", ".join(f"{key} {value(each)}" for key, each in settings.items() if key not in SKIPPED),
        "departures": [f"{key} (there {value(told)})" for key, told in TOOL.items() if settings[key] != told],
        "seeds": _seeds(results),
        "scores": _scores(results),
        "sections": _sections_table(results["analogies"]["sections"]),
        "neighbours": _neighbours_table(results["neighbours"]),
        "examples": _examples_table(results["examples"]),
        "right": sum(each["rank"] == 1 for each in results["examples"]),
        "other_window": 2 * settings["window"],
        "mapped": sum(len(each["words"]) for each in results["map"]["groups"]),
        "words": settings["neighbours"][:2],
    }


# ---------------------------------------------------------------- sentences


def _seeds(results: Results) -> str:
    return counted(len(results["settings"]["seeds"]))


def _correlation(each: dict[str, Any]) -> str:
    half = f" ± {each['interval']:.3f}" if each["interval"] is not None else ""
    return f"{each['mean']:.3f}{half}".replace("-", "\N{MINUS SIGN}")


def _similarity_sentence(results: Results) -> str:
    each = results["similarity"]
    low, high = similarity_interval(each["mean"], each["known"])
    found = "They learn which words are alike" if low > 0 else "That they learn which words are alike does not show"
    between = f"{low:.2f} to {high:.2f}".replace("-", "\N{MINUS SIGN}")
    return (
        f"{found}: the cosine of two words and people's judgement of their likeness correlate at {_correlation(each)} "
        f"(Spearman, mean of {_seeds(results)}; for the choice of the {each['known']} pairs the 95 % interval is "
        f"{between}). Before learning it was {_correlation(each['untrained'])}."
    )


def _analogy_sentence(results: Results) -> str:
    each, words = results["analogies"], results["corpus"]["vocabulary"]
    large = [section for section in each["sections"] if section["known"] >= FEW] or each["sections"]
    best = max(large, key=lambda section: section["mean"])
    worst = min(large, key=lambda section: section["mean"])
    return (
        f"{with_interval(each['mean'], each['interval'], 1)} % of {each['known']:,} analogies come out right; one word "
        f"taken at random from {words:,} would be right in {100 / words:.2f} %. The best section is "
        f"{_name(best)} ({with_interval(best['mean'], best['interval'], 1)} %), the worst {_name(worst)} "
        f"({with_interval(worst['mean'], worst['interval'], 1)} %)."
    )


def _grammar_sentence(results: Results) -> str:
    """Forms of a word against knowledge of the world, paired by seed."""
    rows = results["analogies"]["sections"]
    kinds = [[row for row in rows if row["section"].startswith(GRAMMAR) is grammar] for grammar in (True, False)]
    if not all(kinds):
        return "The vocabulary has questions of one kind only, so grammar and facts cannot be compared."
    grammar, facts = (
        [
            sum(row["known"] * row["per_seed"][i] for row in kind) / sum(row["known"] for row in kind)
            for i in range(len(results["settings"]["seeds"]))
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


def _name(section: dict[str, Any]) -> str:
    return f"`{section['section']}`"


# ---------------------------------------------------------------- tables


def _scores(results: Results) -> str:
    similarity, analogies = results["similarity"], results["analogies"]
    return markdown(
        [
            {
                "test": "WordSim-353, Spearman's correlation",
                "known to the vocabulary": f"{similarity['known']:,} of {similarity['all']:,}",
                "before learning": _correlation(similarity["untrained"]),
                "after": f"**{_correlation(similarity)}**",
            },
            {
                "test": "questions-words, right answers, %",
                "known to the vocabulary": f"{analogies['known']:,} of {analogies['all']:,}",
                "before learning": with_interval(analogies["untrained"]["mean"], analogies["untrained"]["interval"]),
                "after": f"**{with_interval(analogies['mean'], analogies['interval'])}**",
            },
        ]
    )


def _sections_table(rows: list[dict[str, Any]]) -> str:
    return markdown(
        [
            {
                "section": _name(row),
                "questions": f"{row['known']:,}",
                "right, %": with_interval(row["mean"], row["interval"], 1),
            }
            for row in sorted(rows, key=lambda row: -row["mean"])
        ]
    )


def _neighbours_table(rows: list[dict[str, Any]]) -> str:
    table = pd.DataFrame(
        [
            {"word": f"**{row['word']}**", "in the text": f"{row['count']:,}", "nearest, with cosine": _near(row)}
            for row in rows
        ]
    )
    return str(table.to_markdown(index=False, disable_numparse=True, colalign=("left", "right", "left")))


def _near(row: dict[str, Any]) -> str:
    return ", ".join(f"{word} {cosine:.2f}" for word, cosine in row["neighbours"])


def _examples_table(rows: list[dict[str, Any]]) -> str:
    shown = []
    for row in rows:
        first, second, third, expected = row["question"]
        right = row["rank"] == 1
        shown.append(
            {
                "question": f"{first} : {second} = {third} : ?",
                "expected": expected,
                "answer": f"**{row['answer']}**" if right else row["answer"],
                "its cosine": f"{row['score']:.2f}",
                "cosine of the expected": _or_none(row["expected_score"], ".2f"),
                "its place": _or_none(row["rank"], ",d"),
            }
        )
    return markdown(shown)


def _or_none(number: float | None, form: str) -> str:
    """The expected answer may be one of the question's own words, which have no place."""
    return "–" if number is None else format(number, form)
