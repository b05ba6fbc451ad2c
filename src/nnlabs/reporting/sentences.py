"""Numbers in words, and comparisons in sentences, as every page tells them."""

from collections.abc import Sequence
from math import isinf, isnan

from nnlabs.evaluation.statistics import Comparison


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


def emphasised(name: str) -> str:
    """A name inside a sentence, so that one sees where it ends: '*CNN, all improvements*'."""
    return f"*{name}*"


def p_value(p: float) -> str:
    if isnan(p):
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def sentence(comparison: Comparison) -> str:
    """One comparison in words."""
    one, other, n = emphasised(comparison.variant), emphasised(comparison.reference), comparison.seeds
    seeds = counted(n)
    if n < 2:
        difference = f" ({points(comparison.difference)} points)" if n else ""
        return f"{one} and {other} share {seeds}{difference}: too few to say whether they differ."
    low, high = comparison.difference - comparison.interval, comparison.difference + comparison.interval
    numbers = f"{points(comparison.difference)} points (95 % interval {points(low)} to {points(high)})"
    p = f"p {_sign(comparison.p)}" + (f" (corrected for {comparison.together})" if comparison.together > 1 else "")
    if not comparison.found:
        return (
            f"No difference found between {one} and {other} at {seeds}: {numbers}, {p}; "
            f"a difference of {percent(comparison.minimum_detectable_effect)} points would probably have been found."
        )
    size = "without any spread over seeds" if isinf(comparison.effect) else p
    better = "better" if comparison.difference > 0 else "worse"
    return f"{one} is {better} than {other} at {seeds}: {numbers}, {size}."


def _sign(p: float) -> str:
    text = p_value(p)
    return text if text.startswith("<") else f"= {text}"
