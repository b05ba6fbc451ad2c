"""Sentences computed from numbers."""

from math import isinf, isnan

from nnlabs.evaluation.statistics import Comparison, compare
from nnlabs.params import Comparison as Asked
from nnlabs.reporting.collect import Result, Results


def points(value: float, digits: int = 2) -> str:
    """A difference of accuracies in percentage points, with a true minus sign."""
    return f"{100 * value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def percent(value: float, digits: int = 2) -> str:
    return f"{100 * value:.{digits}f}"


def with_interval(mean: float, half: float | None, digits: int = 2) -> str:
    """'87.52 ± 0.21' in percent; no interval where there is one seed."""
    return percent(mean, digits) + (f" ± {percent(half, digits)}" if half is not None and not isnan(half) else "")


def p_value(p: float) -> str:
    if isnan(p):
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def present(asked: Asked, results: Results) -> list[Result]:
    """The compared arms that params.yaml still has."""
    return [results.arms[name] for name in asked.arms if name in results.arms]


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


def sentence(comparison: Comparison) -> str:
    """One comparison in words."""
    arm, reference, n = comparison.arm, comparison.reference, comparison.seeds
    seeds = f"{n} seed{'s' if n != 1 else ''}"
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
    for split, value in (("training", "training"), ("validation", "validation"), ("test", "accuracy")):
        place = 1 + sum(getattr(other, value) > getattr(first, value) for other in arms)
        places.append(f"{place} of {len(arms)} on {split}")
    return f"By mean accuracy `{first.name}` ranks {places[0]}, {places[1]} and {places[2]}."


def best(results: Results) -> str:
    """The arm chosen on validation, and what the test split then said of it."""
    arm = results.best
    metrics = arm.metrics
    n = len(metrics["seeds"])
    interval = metrics["accuracy_interval"]
    seeds = f"mean of {n} seeds" if n > 1 else "one seed, so without an interval"
    return (
        f"Chosen on validation: `{arm.name}`, with {with_interval(arm.accuracy, interval)} % test accuracy ({seeds}; "
        f"the test set's own sampling error is ± {percent(metrics['sampling_error'])} points)."
    )


def answer(results: Results) -> str:
    """One sentence with a number for the index: the best arm, against the first of a comparison that it stands in."""
    if not results.arms:
        return "No arm of this lab is in params.yaml."
    top = results.best
    n = len(top.metrics["seeds"])
    reached = (
        f"{with_interval(top.accuracy, top.metrics['accuracy_interval'])} % test accuracy, {n} seed{'s' * (n != 1)}"
    )
    compared = [
        each for study in comparisons(results).values() for each in study if top.name in (each.arm, each.reference)
    ]
    if not compared:
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
