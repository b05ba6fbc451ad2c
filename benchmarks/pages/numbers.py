"""Numbers as the page says them: medians with their range, ratios, differences, tables."""

from collections.abc import Iterable, Sequence
from statistics import mean, median
from typing import Any

from scipy import stats

from nnlabs.evaluation.statistics import interval
from nnlabs.reporting import tables
from nnlabs.reporting.sentences import points

Seconds = dict[str, list[float]]
"""Of every row, round by round."""


def ratios(seconds: Seconds, slow: str, fast: str, times: int = 1) -> list[float]:
    """How often as fast the second is, round by round; `times` epochs of it end together."""
    return [times * a / b for a, b in zip(seconds[slow], seconds[fast], strict=True)]


def per_batch(race: dict[str, Any]) -> Seconds:
    """Seconds a step of the CNN by hand, round by round."""
    steps = {key: race["steps"].get(key, race["many"]) for key in race["seconds"]}
    return {key: [value / steps[key] for value in values] for key, values in race["seconds"].items()}


def difference(ours: list[float], theirs: list[float]) -> tuple[float, float, float]:
    """Mean difference in points and its 95 % interval (Welch; the loops draw different numbers, so no pairs)."""
    interval = stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval(0.95)
    return 100 * (mean(ours) - mean(theirs)), 100 * interval.low, 100 * interval.high


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The median, with the smallest and the largest."""
    return f"{median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def times(values: Iterable[float]) -> str:
    """How often as fast, in the median: two decimals, of what is far below one two digits."""
    middle = median(values)
    return f"{middle:.2f} ×" if middle >= 0.1 else f"{middle:.2g} ×"


def signed(value: float, digits: int = 2) -> str:
    """A difference, already in the unit that is shown, as the report writes it."""
    return points(value / 100, digits)


def with_bounds(found: tuple[float, float, float]) -> str:
    """A difference with its interval, as `difference` has them."""
    middle, low, high = map(signed, found)
    return f"{middle} ({low} to {high})"


def with_interval(values: list[float], scale: float = 100, digits: int = 2) -> str:
    """The mean with its 95 % interval."""
    return f"{scale * mean(values):.{digits}f} ± {scale * interval(values):.{digits}f}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The report's table without its padding: so a new figure changes its own row alone."""
    padded = tables.markdown([dict(zip(header, row, strict=True)) for row in rows])
    top, rule, *body = ([cell.strip() for cell in line[1:-1].split("|")] for line in padded.splitlines())
    rule = ["---:" if cell.endswith(":") else "---" for cell in rule]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (top, rule, *body))
