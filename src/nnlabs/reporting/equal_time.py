"""Variants compared at equal training time: what each had reached on validation by then."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import mean

import numpy as np

from nnlabs.evaluation.statistics import ENOUGH, Comparison, Sample, compare
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.result import Result
from nnlabs.reporting.results import Results
from nnlabs.reporting.sentences import counted, emphasised, percent, points, span
from nnlabs.reporting.tables import markdown, with_interval_points

SEVERAL = 3
"""So many variants have a leader; of two, the table says it."""


@dataclass(frozen=True)
class Clock:
    """When a variant's epochs ended: seconds since the start of each seed's run, its features counted in."""

    ends: dict[int, list[float]]

    @classmethod
    def of(cls, runs: Iterable[tuple[int, list[float]]], before: float = 0.0) -> "Clock":
        """Of each seed's seconds an epoch, after so many seconds that every seed had to wait for its features."""
        return cls({seed: (before + np.cumsum(seconds)).tolist() for seed, seconds in runs})

    @property
    def total(self) -> float:
        """Seconds of a whole run, mean over seeds."""
        return mean(ends[-1] for ends in self.ends.values())


@dataclass(frozen=True)
class Race:
    """Two variants, seed by seed, within a time that both have: all that the quicker one takes, or the first one."""

    seconds: float
    """Mean over the common seeds."""
    ours: float
    """Best validation score within that time, mean over the common seeds."""
    theirs: float
    compared: Comparison


def race(
    one: Result, reference: Result, clocks: dict[str, Clock], together: int = 1, whole: bool = False
) -> Race | None:
    """One of so many comparisons; None where they share no seed in which both ended an epoch in time.

    With `whole` both have all the time of the first one, also where the other is done sooner.
    """
    ours, theirs = clocks[one.id].ends, clocks[reference.id].ends
    limits = {
        seed: ours[seed][-1] if whole else min(ours[seed][-1], theirs[seed][-1]) for seed in ours.keys() & theirs.keys()
    }
    reached = [_within(each, clocks[each.id], limits) for each in (one, reference)]
    common = sorted(reached[0].keys() & reached[1].keys())
    if not common:
        return None
    values = {each.id: {s: got[s] for s in common} for each, got in zip((one, reference), reached, strict=True)}
    samples = {key: Sample.of(list(each.values())) for key, each in values.items()}
    (compared,) = compare(samples, [(one.id, reference.id)], together)
    seconds = mean(limits[seed] for seed in common)
    return Race(seconds, mean(values[one.id].values()), mean(values[reference.id].values()), compared)


def _within(result: Result, clock: Clock, limits: dict[int, float]) -> dict[int, float]:
    """The best validation score of each seed up to its limit; seeds that ended no epoch by then are left out."""
    best = {}
    for seed, limit in limits.items():
        scores = result.by_epoch(f"validation_{result.score}")[seed].dropna()
        in_time = [score for score, end in zip(scores, clock.ends[seed], strict=False) if end <= limit]
        if in_time:
            best[seed] = max(in_time)
    return best


def _pairs(results: Results) -> list[tuple[Result, Result]]:
    """Each variant of a question with the first of it; two questions may share a pair."""
    found = Findings(results)
    asked = [[each.id for each in found.present(asked) if each.validated] for asked in results.questions.values()]
    pairs = dict.fromkeys((one, known[0]) for known in asked for one in known[1:])
    return [(found.of(one), found.of(first)) for one, first in pairs]


def _sides(results: Results) -> tuple[list[Result], list[Result]]:
    """The variants that start from fresh weights, and those that start from pretrained ones."""
    known = [each for each in results.variants.values() if each.validated]
    scratch, pretrained = ([each for each in known if each.pretrained is which] for which in (False, True))
    return scratch, pretrained


def _together(results: Results) -> int:
    """How many comparisons the page makes: those of its table, and of each pretrained one with all from scratch."""
    scratch, pretrained = _sides(results)
    return len(_pairs(results)) + len(scratch) * len(pretrained)


def table(results: Results, clocks: dict[str, Clock]) -> str:
    """Every comparison of the lab at equal training time; empty where nothing is compared."""
    together = _together(results)
    rows = []
    for one, first in _pairs(results):
        if (run := race(one, first, clocks, together)) is not None:
            rows.append(
                {
                    "variant": one.name,
                    "against": first.name,
                    "training time of both, s": f"{run.seconds:.1f}",
                    "variant, %": percent(run.ours),
                    "against, %": percent(run.theirs),
                    "difference, points": with_interval_points(run.compared),
                }
            )
    return markdown(rows) if rows else ""


def quickest(results: Results, clocks: dict[str, Clock]) -> list[str]:
    """A sentence for each comparison of several whose leader took less time than any other, and so owes it nothing."""
    found = Findings(results)
    said = []
    for asked in results.questions.values():
        known = [each for each in found.present(asked) if each.validated and each.id in clocks]
        if len(known) < SEVERAL:
            continue
        seconds = {each.id: clocks[each.id].total for each in known}
        leader = max(known, key=lambda each: each.validation)
        others = sorted(seconds[each.id] for each in known if each is not leader)
        if seconds[leader.id] < others[0]:
            said.append(
                f'In "{asked.question}", {emphasised(leader.name)} has the highest validation {results.score} and '
                f"took the least time, {seconds[leader.id]:,.1f} s a seed; the others had more, {others[0]:,.1f} to "
                f"{others[-1]:,.1f} s."
            )
    return said


def transfer(results: Results, clocks: dict[str, Clock]) -> list[str]:
    """A sentence for each variant that starts from pretrained weights: beside the best of those that do not."""
    scratch, pretrained = _sides(results)
    together = _together(results)
    said = []
    for one in pretrained if scratch else ():
        found = {other.name: race(one, other, clocks, together, whole=True) for other in scratch}
        races = {name: run for name, run in found.items() if run is not None}
        if not races:
            said.append(f"In the time of {emphasised(one.name)} no network from scratch ends an epoch.")
            continue
        rival = max(races, key=lambda name: races[name].theirs)
        said.append(_sentence(emphasised(one.name), emphasised(rival), races[rival], results.score))
    return said


def _sentence(one: str, rival: str, run: Race, score: str) -> str:
    each = run.compared
    start = (
        f"In {run.seconds:,.0f} s of training, all of its run, {one} reaches {percent(run.ours)} % validation {score} "
        f"and the best network from scratch by then, {rival}, {percent(run.theirs)} %"
    )
    if not each.decidable:
        few = f"at {counted(each.seeds)}" if each.seeds < ENOUGH else "without any spread over seeds"
        return f"{start}: {points(each.difference)} points {few}, too little to say whether they differ."
    verdict = "which is better cannot be told"
    if each.found:
        verdict = f"{one} beats it" if each.better else f"{one} does not beat it, it is worse"
    return f"{start}: {verdict} ({points(each.difference)} points, {span(each)}, seeds alone)."
