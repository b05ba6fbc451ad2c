"""Numbers as the claims of `rules` write them."""

from collections.abc import Sequence
from statistics import mean

from nnlabs.labs.common.means import Difference
from nnlabs.reporting.sentences import counted

NOTEBOOK = "lecture notebook *Week 6: Artificial neural networks (ANN)*, section"


def percent(values: Sequence[float]) -> str:
    """The mean."""
    return f"{100 * mean(values):.1f} %"


def between(difference: Difference, unit: str = "points", scale: float = 100.0) -> str:
    """'+1.0 points (+0.5 to +1.5)'."""
    value = f"{signed(scale * difference.value)} {unit}"
    if difference.low is None or difference.high is None:
        return f"{value} (too few seeds, or no spread, for an interval)"
    return f"{value} (interval {signed(scale * difference.low)} to {signed(scale * difference.high)})"


def signed(value: float) -> str:
    return f"{value:+z.1f}".replace("-", "\N{MINUS SIGN}")


def middle(values: Sequence[float | None]) -> float:
    """The median; None counts as infinite."""
    ordered = sorted(float("inf") if each is None else each for each in values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def of_seeds(n: int, every: int) -> str:
    return f"all {every} seeds" if n == every > 1 else f"{n} of {counted(every)}"
