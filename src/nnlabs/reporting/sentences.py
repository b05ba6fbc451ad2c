"""Numbers in words, and comparisons in sentences, as every page tells them."""

from collections.abc import Sequence
from math import isnan

from nnlabs.evaluation.statistics import ENOUGH, Comparison


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
    """A name inside a sentence, so that one sees where it ends: '*CNN, improved*'."""
    return f"*{name}*"


def capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def span(comparison: Comparison) -> str:
    """'95 % interval +1.82 to +4.27'; of one that has none, 'no interval'."""
    if isnan(comparison.interval):
        return "no interval"
    digits = finer(comparison)
    return f"95 % interval {points(comparison.low, digits)} to {points(comparison.high, digits)}"


def finer(comparison: Comparison) -> int:
    """Digits by which an interval that leaves out zero is seen to: two, or as many as that takes."""
    nearest, digits = 100 * min(abs(comparison.low), abs(comparison.high)), 2
    while comparison.found and digits < 6 and round(nearest, digits) == 0:
        digits += 1
    return digits


def excluded(comparison: Comparison) -> str:
    """'a difference of more than 4.27 points is excluded': what is known of one that was not found."""
    if comparison.excluded >= 1:
        return "no difference is excluded"
    return f"a difference of more than {percent(comparison.excluded)} points is excluded"


def sentence(comparison: Comparison) -> str:
    """One comparison in words, its names emphasised."""
    one, other = emphasised(comparison.variant), emphasised(comparison.reference)
    difference = f"{points(comparison.difference)} points"
    if comparison.seeds < ENOUGH:
        seeds = counted(comparison.seeds)
        return f"{one} and {other} were compared at {seeds} ({difference}): too few to say whether they differ."
    if isnan(comparison.interval):
        return (
            f"Every seed of {one} or of {other} has the same score ({difference}), so nothing shows how far another "
            "seed would be off: no verdict."
        )
    if not comparison.found:
        return (
            f"Whether {one} or {other} is better cannot be told from these runs: {difference} ({span(comparison)}); "
            f"{excluded(comparison)}."
        )
    verdict = "better" if comparison.better else "worse"
    return f"{one} is {verdict} than {other}: {difference} ({span(comparison)})."
