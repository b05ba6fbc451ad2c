"""What the numbers of a trained lab say, in sentences."""

from dataclasses import replace
from math import isnan
from statistics import mean

from nnlabs.evaluation.statistics import Comparison, clearly_above, compare
from nnlabs.reporting.results import Question, Result, Results
from nnlabs.reporting.sentences import counted, emphasised, listed, percent, points, sentence, with_interval


def present(asked: Question, results: Results) -> list[Result]:
    """The compared variants that params.yaml still has."""
    return [results.variants[key] for key in asked.variants if key in results.variants]


def chance(results: Results) -> float:
    """The score of a network that has learnt nothing: of always the most frequent test class, or of an even guess."""
    counts = results.pictured.confusion.sum(1)
    return float(counts.max() / counts.sum()) if results.score_key == "accuracy" else 1 / len(counts)


def learnt(result: Result, results: Results) -> bool:
    """Whether a variant's test score is clearly above chance, over seeds and over test images.

    The sampling error is the accuracy's, which serves for macro-F1 as well.
    """
    return clearly_above(result.test, chance(results), result.interval, result.scores.sampling_error)


def comparisons(results: Results) -> dict[str, list[Comparison]]:
    """Every comparison of the lab, by ids, corrected together: each variant against its comparison's first."""
    pairs = {
        key: [(each.id, first.id) for each in others]
        for key, asked in results.questions.items()
        if len(compared := present(asked, results)) > 1
        for first, *others in [compared]
    }
    values = {key: result.by_seed for key, result in results.variants.items()}
    found = iter(compare(values, [pair for each in pairs.values() for pair in each]))
    return {key: [next(found) for _ in each] for key, each in pairs.items()}


def named(comparison: Comparison, results: Results) -> Comparison:
    """The same with what readers see in place of ids."""
    one, other = results.named(comparison.variant), results.named(comparison.reference)
    return replace(comparison, variant=one, reference=other)


def judged(comparison: Comparison, results: Results) -> str:
    """One comparison in words; where neither variant learnt anything, that is all there is to say."""
    pair = [results.variants[key] for key in (comparison.variant, comparison.reference)]
    if any(learnt(each, results) for each in pair):
        return sentence(named(comparison, results))
    scores = " nor ".join(f"{emphasised(each.name)} ({with_interval(each.test, each.interval)} %)" for each in pair)
    return (
        f"This comparison decides nothing: neither {scores} is clearly above chance ({percent(chance(results))} %) "
        f"in test {results.score}."
    )


def ranking(asked: Question, results: Results) -> str:
    """Where the comparison's first variant stands on each split."""
    compared = present(asked, results)
    if len(compared) < 3:
        return ""
    first = compared[0]
    places = []
    for split, value in (("training", "running"), ("validation", "validation"), ("test", "test")):
        known = [each for each in compared if not isnan(getattr(each, value))]
        if first in known:
            place = 1 + sum(getattr(other, value) > getattr(first, value) for other in known)
            places.append(f"{place} of {len(known)} on {split}")
    return f"By mean {results.score} {emphasised(first.name)} ranks {listed(places)}."


def best(results: Results) -> str:
    """The variant chosen on validation, and what the test split then said of it."""
    top = results.best
    if top is None:
        return "No variant has validation figures, so none is chosen; test scores choose nothing."
    n = len(top.scores.seeds)
    seeds = f"mean of {n} seeds" if n > 1 else "one seed, so without an interval"
    accuracy = f", accuracy {percent(mean(top.scores.accuracy))} %" if results.score_key != "accuracy" else ""
    said = (
        f"Chosen on validation: {emphasised(top.name)}, with {with_interval(top.test, top.interval)} % test "
        f"{results.score}{accuracy} ({seeds}; the test set's own sampling error is "
        f"± {percent(top.scores.sampling_error)} points)."
    )
    return said if learnt(top, results) else f"{said} That is not clearly above chance, {percent(chance(results))} %."


def edges(results: Results) -> list[str]:
    """A sentence a variant whose kept learning rate is the smallest or largest of those tried."""
    said = []
    for result in results.shown.values():
        tried = sorted(result.tried)
        kept = result.scores.lr[0]
        if tried and kept in (tried[0], tried[-1]):
            which = "smallest" if kept == tried[0] else "largest"
            said.append(
                f"The rate kept for {emphasised(result.name)}, {kept:g}, is the {which} that was tried; "
                "beyond it may be a better one."
            )
    return said


def answer(results: Results) -> str:
    """One sentence with a number for the index: the best variant against the first of a comparison with it."""
    if not results.variants:
        return "No variant of this lab is in params.yaml."
    top = results.best
    if top is None:
        return best(results)
    reached = f"{with_interval(top.test, top.interval)} % test {results.score}, {counted(len(top.scores.seeds))}"
    compared = [
        each for asked in comparisons(results).values() for each in asked if top.id in (each.variant, each.reference)
    ]
    if not compared or not learnt(top, results):
        return best(results)
    one = next((named(each, results) for each in compared if each.variant == top.id), None)
    if one is None:
        return f"{emphasised(top.name)} is the best of {len(results.variants)} variants on validation ({reached})."
    if one.found:
        how = f"{points(one.difference)} ± {percent(one.interval)} points over {emphasised(one.reference)}"
    elif one.seeds > 1:
        how = f"no difference from {emphasised(one.reference)} found at {one.seeds} seeds"
    else:
        how = f"too few common seeds to tell it from {emphasised(one.reference)}"
    return f"{emphasised(top.name)} reaches {reached}: {how}."
