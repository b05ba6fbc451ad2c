"""Sentences computed from numbers."""

from collections.abc import Sequence
from math import isinf, isnan

from nnlabs.evaluation.statistics import Comparison, clearly_above, compare
from nnlabs.config import Comparison as Asked
from nnlabs.reporting.collect import Result, Results


def points(value: float, digits: int = 2) -> str:
    """A difference of scores in percentage points, with a true minus sign; none of what rounds to zero."""
    return f"{100 * value:+z.{digits}f}".replace("-", "\N{MINUS SIGN}")


def percent(value: float, digits: int = 2) -> str:
    return f"{100 * value:.{digits}f}"


def with_interval(mean: float, half: float | None, digits: int = 2) -> str:
    """'87.52 ± 0.21' in percent; no interval where there is one seed."""
    return percent(mean, digits) + (f" ± {percent(half, digits)}" if half is not None and not isnan(half) else "")


def counted(n: int, noun: str = "seed") -> str:
    """'5 seeds', '1 seed'."""
    return f"{n:,} {noun}{'s' * (n != 1)}"


def listed(words: Sequence[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def p_value(p: float) -> str:
    if isnan(p):
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def present(asked: Asked, results: Results) -> list[Result]:
    """The compared arms that params.yaml still has."""
    return [results.arms[name] for name in asked.arms if name in results.arms]


def chance(results: Results) -> float:
    """The score of a network that has learnt nothing: of always the most frequent test class, or of an even guess."""
    counts = [sum(row) for row in results.pictured.metrics["confusion"]]
    return max(counts) / sum(counts) if results.lab.score == "accuracy" else 1 / len(counts)


def learnt(result: Result, results: Results) -> bool:
    """Whether an arm's test score is clearly above chance, over seeds and over test images.

    The sampling error is the accuracy's, which serves for macro-F1 as well.
    """
    return clearly_above(result.test, chance(results), result.interval, result.metrics["sampling_error"])


def comparisons(results: Results) -> dict[str, list[Comparison]]:
    """Every comparison of the lab, corrected together: each arm against its comparison's first."""
    pairs = {
        key: [(arm.name, arms[0].name) for arm in arms[1:]]
        for key, asked in results.lab.comparisons.items()
        if len(arms := present(asked, results)) > 1
    }
    values = {name: result.by_seed() for name, result in results.arms.items()}
    compared = iter(compare(values, [pair for each in pairs.values() for pair in each]))
    return {key: [next(compared) for _ in each] for key, each in pairs.items()}


def judged(comparison: Comparison, results: Results) -> str:
    """One comparison in words; where neither arm learnt anything, that is all there is to say."""
    pair = [results.arms[name] for name in (comparison.arm, comparison.reference)]
    if any(learnt(each, results) for each in pair):
        return sentence(comparison)
    scores = " nor ".join(f"`{each.name}` ({with_interval(each.test, each.interval)} %)" for each in pair)
    return (
        f"This comparison decides nothing: neither {scores} is clearly above chance ({percent(chance(results))} %) "
        f"in test {results.score}."
    )


def sentence(comparison: Comparison) -> str:
    """One comparison in words."""
    arm, reference, n = comparison.arm, comparison.reference, comparison.seeds
    seeds = counted(n)
    if n < 2:
        difference = f" ({points(comparison.difference)} points)" if n else ""
        return f"`{arm}` and `{reference}` share {seeds}{difference}: too few to say whether they differ."
    low, high = comparison.difference - comparison.interval, comparison.difference + comparison.interval
    numbers = f"{points(comparison.difference)} points (95 % interval {points(low)} to {points(high)})"
    p = f"p {_sign(comparison.p)}" + (f" (corrected for {comparison.together})" if comparison.together > 1 else "")
    if not comparison.found:
        return (
            f"No difference found between `{arm}` and `{reference}` at {seeds}: {numbers}, {p}; "
            f"a difference of {percent(comparison.detectable)} points would probably have been found."
        )
    size = "without any spread over seeds" if isinf(comparison.effect) else p
    better = "better" if comparison.difference > 0 else "worse"
    return f"`{arm}` is {better} than `{reference}` at {seeds}: {numbers}, {size}."


def _sign(p: float) -> str:
    text = p_value(p)
    return text if text.startswith("<") else f"= {text}"


def ranking(asked: Asked, results: Results) -> str:
    """Where the comparison's first arm stands on each split."""
    arms = present(asked, results)
    if len(arms) < 3:
        return ""
    first = arms[0]
    places = []
    for split, value in (("training", "training"), ("validation", "validation"), ("test", "test")):
        known = [arm for arm in arms if not isnan(getattr(arm, value))]
        if first in known:
            place = 1 + sum(getattr(other, value) > getattr(first, value) for other in known)
            places.append(f"{place} of {len(known)} on {split}")
    return f"By mean {results.score} `{first.name}` ranks {listed(places)}."


def best(results: Results) -> str:
    """The arm chosen on validation, and what the test split then said of it."""
    arm = results.best
    if arm is None:
        return "No arm has validation figures, so none is chosen; test scores choose nothing."
    n = len(arm.metrics["seeds"])
    seeds = f"mean of {n} seeds" if n > 1 else "one seed, so without an interval"
    accuracy = f", accuracy {percent(arm.metrics['accuracy'])} %" if results.lab.score != "accuracy" else ""
    said = (
        f"Chosen on validation: `{arm.name}`, with {with_interval(arm.test, arm.interval)} % test {results.score}"
        f"{accuracy} ({seeds}; the test set's own sampling error is ± {percent(arm.metrics['sampling_error'])} points)."
    )
    return said if learnt(arm, results) else f"{said} That is not clearly above chance, {percent(chance(results))} %."


def edges(results: Results) -> list[str]:
    """A sentence an arm whose kept learning rate is the smallest or largest of those tried."""
    said = []
    for name, result in results.shown.items():
        tried = sorted(each["lr"] for each in result.metrics["tried"])
        kept = result.metrics["lr"][0]
        if tried and kept in (tried[0], tried[-1]):
            which = "smallest" if kept == tried[0] else "largest"
            said.append(
                f"The rate kept for `{name}`, {kept:g}, is the {which} that was tried; beyond it may be a better one."
            )
    return said


def answer(results: Results) -> str:
    """One sentence with a number for the index: the best arm, against the first of a comparison that it stands in."""
    if not results.arms:
        return "No arm of this lab is in params.yaml."
    top = results.best
    if top is None:
        return best(results)
    reached = f"{with_interval(top.test, top.interval)} % test {results.score}, {counted(len(top.metrics['seeds']))}"
    compared = [
        each for study in comparisons(results).values() for each in study if top.name in (each.arm, each.reference)
    ]
    if not compared or not learnt(top, results):
        return best(results)
    one = next((each for each in compared if each.arm == top.name), None)
    if one is None:
        return f"`{top.name}` is the best of {len(results.arms)} arms on validation ({reached})."
    if one.found:
        how = f"{points(one.difference)} ± {percent(one.interval)} points over `{one.reference}`"
    elif one.seeds > 1:
        how = f"no difference from `{one.reference}` found at {one.seeds} seeds"
    else:
        how = f"too few common seeds to tell it from `{one.reference}`"
    return f"`{top.name}` reaches {reached}: {how}."
