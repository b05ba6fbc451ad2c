"""What the page of `cars` says of the long runs, which the default run leaves out, and what both kinds share."""

from math import ceil
from statistics import fmean

import numpy as np

from nnlabs.labs.common import recipes
from nnlabs.reporting import time_to_score
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.result import Result
from nnlabs.reporting.sentences import counted, listed, percent, points

ADAM, ADAMAX = "cars-adam-long", "cars-adamax-long"
WIDE = 0.05
"""Differences up to this are what one would ask about: an interval that leaves more open does not decide."""

BEYOND = (
    "(Tried once, beside the pipeline, with the first seed: at 0.1, beyond the grid, AdaMax ended at 88.7 % macro-F1 "
    "on validation, at 0.03 at 82.7; Adam at 83.1, at 0.03 at 86.1. By this seed the grid holds Adam's best rate and "
    "not AdaMax's, so this is no comparison of each at its best.)",
    "(Measured once, beside the pipeline, on the same 18,000 training images: the support vector machine gets "
    "70.9 ± 1.4 % test macro-F1, the linear model 56.7 ± 1.5.)",
)
"""What the long runs of the embedded edition leave open, and models without layers on their images."""


def there(found: Findings) -> bool:
    """Whether they have results."""
    return found.there(ADAM, ADAMAX)


def answer(found: Findings) -> str:
    """Their verdict; empty where there are none."""
    if not there(found):
        return ""
    pair, one = found.pair(ADAMAX, ADAM), found.of(ADAM)
    start = f"With {one.scores.data['sizes']['train']:,} pictures to learn from and {one.epochs} epochs"
    reached = f"{found.reached(ADAMAX)} against {found.reached(ADAM)} macro-F1"
    if pair is None or not pair.decidable:
        return f"{start}, at {counted(len(one.scores.seeds))}, AdaMax and Adam cannot be judged: {reached}."
    if pair.found:
        verdict = "AdaMax is better than Adam" if pair.better else "Adam is better than AdaMax"
        said = f"{start}, {verdict}: {reached}, {found.difference(ADAMAX, ADAM)}."
    else:
        excluded = f"more than {percent(pair.excluded, 1)} points is excluded"
        said = f"{start}, no difference between AdaMax and Adam is found: {reached}; one of {excluded}."
        if pair.excluded > WIDE:
            apart = {key: percent(apart_by(found, key), 1) for key in (ADAMAX, ADAM)}
            said = (
                f"{start}, these runs cannot tell whether AdaMax or Adam is better: {reached}; only a difference of "
                f"{excluded}. The seeds of AdaMax lie up to {apart[ADAMAX]} points apart, those of Adam up to "
                f"{apart[ADAM]}."
            )
    kept = [name for name, key in (("AdaMax", ADAMAX), ("Adam", ADAM)) if recipes.on_edge(found.of(key))]
    many = "keep rates" if len(kept) > 1 else "keeps a rate"
    return f"{said} {listed(kept)} {many} at the edge of the grid: better ones may lie beyond." if kept else said


def why(found: Findings) -> list[str]:
    """What led to the verdict, and what it leaves open; nothing where there are none."""
    if not there(found):
        return []
    long = [found.of(key) for key in (ADAM, ADAMAX)]
    target, adam = time_to_score.common(long), long[0]
    needed = [f"{fmean(time_to_score.epochs(each, target).values()):.1f}" for each in long]
    rates = [f"{each.scores.lr[0]:g}" for each in long]
    told = [f"{found.name(each.id)} changes by {points(_last(each), 1)} points in its last epoch" for each in long]
    return [
        f"{adam.scores.data['sizes']['train']:,} images to learn from, {updates(adam):,} updates a run, one grid of "
        f"rates for both, of which the search keeps {rates[0]} for Adam and {rates[1]} for AdaMax: {listed(told)}.",
        f"Every run reaches {target} % macro-F1 on validation, with Adam after {needed[0]} epochs in the mean, with "
        f"AdaMax after {needed[1]}. [Runs](run/pages/cars.md) has the seconds of an epoch, and those to this score.",
        *recipes.beyond(*long),
        *(BEYOND if found.results.data["edition"] == "embedded" else ()),
    ]


def _last(result: Result) -> float:
    """By how much validation rose in the last epoch of all seeds, in their mean; 0 where there is one epoch alone."""
    means = result.by_epoch(f"validation_{result.score}").dropna().mean(axis=1).tolist()
    return float(means[-1] - means[-2]) if len(means) > 1 else 0.0


def updates(result: Result) -> int:
    images = result.scores.data["sizes"]["train"]
    return sum(ceil(images / result.drawn(epoch)) for epoch in range(1, result.epochs + 1))


def apart_by(found: Findings, key: str) -> float:
    """How far apart a variant's best and worst seed are on the test images."""
    return float(np.ptp(list(found.of(key).by_seed.values())))
