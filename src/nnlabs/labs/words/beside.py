"""What was learnt, beside what another program learns from the same text, and all comparisons of the page."""

from dataclasses import dataclass

from nnlabs.evaluation.statistics import Sample
from nnlabs.labs.common.means import Difference, differences
from nnlabs.labs.words.figures import GRAMMAR
from nnlabs.labs.words.results import Results
from nnlabs.labs.words.settings import Settings

TESTS = ("similarity", "analogies")
TOOL = {"dimensions": 100, "window": 5, "negatives": 5, "subsample": 0.001, "epochs": 5, "lr": 0.025}
"""What the authors' tool word2vec does where it is told nothing."""


@dataclass(frozen=True)
class Beside:
    """What was learnt, and what another program learnt from the same text with the same settings."""

    results: Results
    tool: str
    """Name and version; empty where its settings were others."""
    scores: dict[str, list[float]]
    """By test, a number a seed."""
    differences: dict[str, Difference]
    """All comparisons of the page, by `similarity`, `analogies`, `grammar`; as far as they can be made."""
    grammar: tuple[list[float], list[float]] | None
    """Right answers of grammar and of facts, a number a seed."""


def judge(results: Results, settings: Settings, reported: list[dict[str, str]], names: dict[str, str]) -> Beside:
    """Beside gensim's scores, where its settings and vocabulary were these."""
    said = settings.model_dump()
    same = [
        row
        for row in reported
        if all(float(row[key]) == said[key] for key in TOOL) and int(row["vocabulary"]) == results.text.vocabulary
    ]
    scores: dict[str, list[float]] = {}
    for row in same:
        scores.setdefault(row["test"], []).append(float(row["score"]))
    grammar = _grammar_and_facts(results)
    pairs = {
        test: (Sample.of(found.learned.per_seed), Sample.of(scores[test]))
        for test, found in (("similarity", results.similarity), ("analogies", results.analogies))
        if test in scores
    }
    if grammar:
        pairs["grammar"] = (Sample.of(grammar[0]), Sample.of(grammar[1]))
    tool = f"{same[0]['tool']} {same[0]['version']}" if same else ""
    return Beside(results, tool, scores, differences(pairs), grammar)


def _grammar_and_facts(results: Results) -> tuple[list[float], list[float]] | None:
    """Right answers a seed, of forms of a word and of knowledge of the world; None where one kind is missing."""
    kinds = [[row for row in results.sections if row.section.startswith(GRAMMAR) is each] for each in (True, False)]
    if not all(kinds):
        return None
    grammar, facts = (
        [
            sum(row.known * row.right.per_seed[i] for row in kind) / sum(row.known for row in kind)
            for i in range(len(results.pairs))
        ]
        for kind in kinds
    )
    return grammar, facts
