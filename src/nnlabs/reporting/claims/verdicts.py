"""Verdicts: what numbers say of a claim."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import hypot, isnan, nan, sqrt

from nnlabs.evaluation.statistics import Comparison, Sample, compare, interval
from nnlabs.reporting.result import Result
from nnlabs.reporting.sentences import counted, emphasised, listed, percent, span

HOLDS, INSIDE, PARTLY = "holds", "holds within the interval", "holds in part"
FAILS, OPEN, UNTESTED = "does not hold", "cannot tell", "untested here"
ANSWERED = "answered here"
"""Of a question to which the source prints no figure."""
ENOUGH = 3
"""Seeds below which nothing is said of a difference."""
ROUNDING = 1e-9
"""An interval that is narrower comes from no spread over seeds, only from the last bits of equal numbers."""


@dataclass(frozen=True)
class Finding:
    """What was measured, in words, and what that says of the claim."""

    measured: str
    verdict: str


def whether(holds: bool) -> str:
    return HOLDS if holds else FAILS


def of_parts(parts: Sequence[bool]) -> str:
    """A claim that says several things, or one thing of several cases."""
    return HOLDS if all(parts) else PARTLY if any(parts) else FAILS


def together(verdicts: Sequence[str]) -> str:
    """The verdict of several: open where one is open and none decides."""
    if set(verdicts) <= {HOLDS, FAILS}:
        return of_parts([each == HOLDS for each in verdicts])
    return FAILS if FAILS in verdicts and HOLDS not in verdicts else OPEN


def of_measurements(verdicts: Sequence[str]) -> str:
    """The verdict of several measurements of one claim, each of which may show it by itself."""
    if len(set(verdicts)) == 1:
        return verdicts[0]
    return PARTLY if {HOLDS, PARTLY} & set(verdicts) else together(verdicts)


FORMS = {
    HOLDS: ("holds", "hold"),
    INSIDE: ("holds within the interval", "hold within the interval"),
    PARTLY: ("holds in part", "hold in part"),
    FAILS: ("does not hold", "do not hold"),
    OPEN: ("cannot be told", "cannot be told"),
    ANSWERED: ("is answered here", "are answered here"),
    UNTESTED: ("is untested here", "are untested here"),
}
"""Of one thing, and of several."""


def tally(verdicts: Collection[str]) -> str:
    """'10 hold, 1 does not hold and 2 cannot be told'."""
    found = Counter(verdicts)
    order = [*FORMS, *(each for each in found if each not in FORMS)]
    return listed([f"{n} {FORMS.get(each, (each, each))[n > 1]}" for each in order if (n := found[each])])


def compared(pairs: Sequence[tuple[Result, Result]]) -> list[Comparison]:
    """Test scores of each pair of variants, all taken together."""
    samples = {each.id: each.sample for pair in pairs for each in pair}
    return compare(samples, [(one.id, other.id) for one, other in pairs])


def compared_by_seed(ours: Mapping[int, float], theirs: Mapping[int, float], together: int = 1) -> Comparison:
    """Numbers of two things, by seed; parts of 1. `together` is how many comparisons the lab's page makes."""
    samples = {"ours": Sample.of([*ours.values()]), "theirs": Sample.of([*theirs.values()])}
    return compare(samples, [("ours", "theirs")] * together)[0]


def ends(comparison: Comparison) -> tuple[float, float]:
    """Of the interval."""
    return comparison.difference - comparison.interval, comparison.difference + comparison.interval


def higher(comparison: Comparison) -> str:
    """The verdict of 'this one is better': nothing from few seeds or without a spread, else as the interval lies."""
    return HOLDS if comparison.better else FAILS if comparison.worse else OPEN


def said(comparison: Comparison, one: str, other: str) -> str:
    """'*CNN* scores 18.20 points more than *MLP* (95 % interval +17.10 to +19.30, 3 seeds)'."""
    more = "more" if comparison.difference >= 0 else "less"
    told = f"{emphasised(one)} scores {percent(abs(comparison.difference))} points {more} than {emphasised(other)}"
    if comparison.seeds < ENOUGH:
        return f"{told} ({counted(comparison.seeds)}, too few to say more)"
    if isnan(comparison.interval):
        return f"{told} ({counted(comparison.seeds)}, without any spread)"
    return f"{told} ({span(comparison)}, {counted(comparison.seeds)})"


def prediction(values: Sequence[float], other_images: float = 0.0) -> float:
    """Half width of the interval in which one more run would lie with 95 %: mean ± t s √(1 + 1/S); nan of one seed.

    `other_images` is what the choice of images adds, where the printed figure was not measured on ours.
    """
    n = len(values)
    return hypot(interval(values) * sqrt(n + 1), other_images) if n > 1 else nan


def one_run(printed: float, values: Sequence[float], other_images: float = 0.0) -> str:
    """Whether a figure of a single run is one that a run of ours might have given."""
    half = prediction(values, other_images)
    if len(values) < ENOUGH or not half > ROUNDING:
        return OPEN
    mean = sum(values) / len(values)
    return INSIDE if abs(printed - mean) <= half else FAILS
