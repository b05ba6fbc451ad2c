"""Numbers of several seeds as the page of a lab that computes tells them."""

from collections.abc import Sequence
from math import isfinite

import numpy as np

from nnlabs.evaluation.statistics import interval
from nnlabs.reporting.sentences import percent, with_interval

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def share(values: Sequence[float], digits: int = 2) -> str:
    """Mean and 95 % interval in percent, of the values that are numbers; '–' without any."""
    known = [each for each in values if each is not None and isfinite(each)]
    return with_interval(float(np.mean(known)), interval(known), digits) if known else "–"


def extremes(values: Sequence[float], digits: int = 2) -> str:
    """The lowest and the highest in percent."""
    return f"{percent(min(values), digits)} to {percent(max(values), digits)}"


def number(value: float | None, decimals: int = 1) -> str:
    """Three digits, or a power of ten where it is far from 1; '∞' for None and whatever is beyond all numbers."""
    if value is None or not isfinite(value):
        return "∞"
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e3:
        return f"{value:#.3g}".rstrip(".").replace("-", "\N{MINUS SIGN}")
    mantissa, _, exponent = f"{abs(value):.{decimals}e}".partition("e")
    raised = "10" + str(int(exponent)).translate(RAISED)
    sign = "\N{MINUS SIGN}" if value < 0 else ""
    return sign + (raised if float(mantissa) == 1 else f"{mantissa}·{raised}")


def middle(values: Sequence[float | None]) -> float:
    """The median, None counting as infinite."""
    return float(np.median([np.inf if each is None or not isfinite(each) else each for each in values]))


def spread(values: Sequence[float | None], decimals: int = 0) -> str:
    """The median, and in brackets the range over seeds where they differ in the digits shown.

    `decimals` are those of a power of ten.
    """
    shown = number(middle(values), decimals)
    if len(values) == 1:
        return shown
    known = sorted(np.inf if each is None or not isfinite(each) else each for each in values)
    low, high = number(known[0], decimals), number(known[-1], decimals)
    return shown if low == high else f"{shown} ({low}–{high})"
