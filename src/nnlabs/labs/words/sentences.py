"""Sentences of the word vectors' page, each as the numbers have it."""

from statistics import mean as average
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.evaluation.statistics import interval
from nnlabs.evaluation.vectors import similarity_interval
from nnlabs.labs.words.beside import Beside
from nnlabs.labs.words.figures import GRAMMAR
from nnlabs.labs.words.results import Results, Section, Spread
from nnlabs.reporting.sentences import counted, points, with_interval

FEW = 100
"""A section with fewer questions is too small to be named the best or the worst."""


def seeds(results: Results) -> str:
    return counted(len(results.pairs))


def correlation(each: Spread) -> str:
    half = f" ± {each.interval:.3f}" if each.interval is not None else ""
    return f"{each.mean:.3f}{half}".replace("-", "\N{MINUS SIGN}")


def middle(values: list[float], test: str) -> str:
    return f"{average(values):.3f}" if test == "similarity" else f"{100 * average(values):.1f} %"


def similarity_sentence(shown: Beside) -> str:
    test = shown.results.similarity
    low, high = similarity_interval(test.learned.mean, test.known)
    between = f"{low:.2f} to {high:.2f}".replace("-", "\N{MINUS SIGN}")
    return (
        f"The cosine of two words and people's judgement of their likeness correlate at "
        f"{correlation(test.learned)} (Spearman, mean of {seeds(shown.results)}). The {test.known} pairs are "
        "themselves a choice: with "
        f"others the correlation could as well be {between} (95 %). Before learning it was "
        f"{correlation(test.untrained)}." + against(shown, "similarity", 1, "")
    )


def against(shown: Beside, test: str, scale: float, unit: str) -> str:
    """Ours less the other program's, with a verdict that the interval gives."""
    found = shown.differences.get(test)
    if found is None:
        return ""
    value = signed(scale * found.value, unit)
    if found.low is None or found.high is None:
        return f" {shown.tool} beside it: {value}, without an interval, for there are too few seeds."
    span = f"{signed(scale * found.low, unit).removesuffix(unit)} to {signed(scale * found.high, unit)}"
    verdict = (
        "ours is the higher"
        if found.above
        else "ours is the lower"
        if found.below
        else "no difference is found, one beyond this interval is excluded"
    )
    return f" {shown.tool} beside it: {value} (interval {span}); {verdict}."


def signed(value: float, unit: str) -> str:
    text = f"{value:+z.1f}{unit}" if unit else f"{value:+z.3f}"
    return text.replace("-", "\N{MINUS SIGN}")


def analogy_sentence(shown: Beside) -> str:
    results = shown.results
    test, words = results.analogies, results.text.vocabulary
    large, best, worst = _ends(results.sections)
    some = f"Of the sections with {FEW} questions or more the best is"
    start = some if len(large) < len(results.sections) else "The best section is"
    return (
        f"{share(test.learned)} % of {test.known:,} analogies come out right; one word "
        f"taken at random from {words:,} would be right in {100 / words:.2f} %. {start} "
        f"{name(best)} ({share(best.right)} %), the worst {name(worst)} "
        f"({share(worst.right)} %).{against(shown, 'analogies', 100, ' points')}"
    )


def grammar_sentence(shown: Beside) -> str:
    if shown.grammar is None:
        return "The vocabulary has questions of one kind only, so grammar and facts cannot be compared."
    grammar, facts = shown.grammar
    said = (
        f"Grammar (sections `{GRAMMAR}*`) {with_interval(average(grammar), interval(grammar), 1)} %, facts "
        f"{with_interval(average(facts), interval(facts), 1)} %: "
    )
    found = shown.differences["grammar"]
    if found.low is None or found.high is None:
        return said + f"{points(found.value, 1)} points, too few seeds to say whether they differ."
    span = f"{points(found.value, 1)} points, interval {points(found.low, 1)} to {points(found.high, 1)}"
    if found.above:
        return said + f"more is learnt of grammar ({span})."
    if found.below:
        return said + f"more is learnt of facts ({span})."
    return said + f"which is learnt better cannot be told ({span})."


def loss_message(fixed: NDArray[Any]) -> str:
    return f"The loss of the same pairs goes from {fixed[0]:.2f} to {fixed[-1]:.2f} in {len(fixed) - 1} epochs"


def bars_message(rows: list[Section]) -> str:
    large, best, worst = _ends(rows)
    told = f"from {share(best.right)} % right in {best.section} to {share(worst.right)} % in {worst.section}"
    return f"Of the sections with {FEW} questions or more, {told}" if len(large) < len(rows) else f"F{told[1:]}"


def _ends(sections: list[Section]) -> tuple[list[Section], Section, Section]:
    """The sections with questions enough, else all, and of these the best and the worst."""
    large = [section for section in sections if section.known >= FEW] or sections
    best, worst = (choose(large, key=lambda section: section.right.mean) for choose in (max, min))
    return large, best, worst


def loss_sentences(running: NDArray[Any], fixed: NDArray[Any]) -> tuple[str, ...]:
    falls = "in every epoch" if (np.diff(fixed) < 0).all() else "though not in every epoch"
    said = [f"Measured on the same pairs all along, the loss falls from {fixed[0]:.3f} to {fixed[-1]:.3f}, {falls}."]
    lowest = int(running.argmin())
    if lowest < len(running) - 1:
        said.append(
            f"The loss that is met on the way, each pair's just before its step, is lowest in epoch {lowest + 1} "
            f"({running[lowest]:.3f}) and then rises to {running[-1]:.3f}. That fits vectors that follow the address "
            "being read while the rate is high, forget it in the next, and settle on what holds for all as the rate "
            "falls; it was not taken apart."
        )
    return tuple(said)


def name(section: Section) -> str:
    return f"`{section.section}`"


def share(each: Spread, digits: int = 1) -> str:
    return with_interval(each.mean, each.interval, digits)
