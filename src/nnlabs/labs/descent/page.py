"""The page of `descent`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, sin, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from nnlabs.labs.common import curves
from nnlabs.labs.descent import figures as drawn
from nnlabs.labs.descent.figures import NAMES
from nnlabs.labs.descent.results import Bowl, Results, Tried, Walk
from nnlabs.labs.descent.sentences import (
    ENDED,
    FIRST,
    answer,
    as_expected,
    expected,
    flat,
    messages,
    overshoot,
    steps,
    thrown_out,
)
from nnlabs.labs.descent.settings import Settings
from nnlabs.reporting import figures, tables
from nnlabs.reporting.seeds import number
from nnlabs.reporting.sentences import listed
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.descent import ROSENBROCK, quadratic

__all__ = ["answer", "curve", "metrics", "page"]

HALF = 0.5
"""The momentum of an exercise."""


@dataclass(frozen=True)
class View:
    """Tables, sentences, and numbers as the page writes them."""

    tolerance: str
    rates: str
    """How many were tried, from where to where."""
    shrinks: str
    """√μ."""
    expected: str
    """Steps that momentum needs on L, by theory."""
    half: float
    halved: str
    """The same with a momentum of ½."""
    flat: str
    """What momentum's steps did over the rates."""
    like_momentum: bool
    """Whether Adam and AdaMax took about as many."""
    crossing: str
    """The condition number from which momentum wins, by theory."""
    end: str
    """And up to which its steps stay the same."""
    curvature: str
    largest_rate: str
    """With which gradient descent converges near the minimum."""
    fastest_rate: str
    best_rate: str
    """Of those tried, with which gradient descent takes the fewest steps."""
    left: str
    """What that leaves of the error near the minimum, a step."""
    crosses: bool
    """Whether that is on the other side, and less each time."""
    overshoots: bool
    """Whether momentum gets beyond the minimum in its first steps."""
    start_curvature: str
    thrown_out: str
    """The lowest rate from which on momentum does not arrive; empty where it does, or starts where L is flatter."""
    chosen: Mapping[str, str]
    """A table a function: each method at its best rate."""
    tried: Mapping[str, str]
    edges: Mapping[str, str]
    """Of a function, whose best rate lies at an end of those tried; '' where none does."""
    bowls: str
    regimes: str
    optimizers: str
    central_difference: str
    autograd: str
    minimum: str
    messages: Mapping[str, str]
    """Of each figure of the body, what it shows."""


def metrics(results: Results) -> dict[str, float]:
    """The steps of gradient descent and of momentum on L."""
    walks = {walk.name: walk for walk in results.functions["line"].best}
    return {f"steps_{name}": float(walks[name].steps) for name in ("sgd", "momentum") if name in walks}


def curve(results: Results, arrays: dict[str, Array]) -> curves.Rows:
    """log10 of L - L* by step, a line a method."""
    rows: curves.Rows = []
    for walk in results.functions["line"].best:
        gap = np.log10(drawn.heights(walk.name, results, arrays))
        rows += curves.line(np.arange(len(gap)), gap, NAMES[walk.name])
    return rows


def page(results: Results, arrays: dict[str, Array], settings: Settings, folder: Path) -> View:
    wanted = expected(results, results.momentum)
    figures.save(drawn.rates(results, wanted), folder / "rates.svg", __name__)
    figures.save(drawn.first_steps(settings.start, arrays, FIRST), folder / "steps.svg", __name__)
    figures.save(drawn.convergence(results, arrays), folder / "convergence.svg", __name__)
    figures.save(drawn.regimes(results.regimes, arrays), folder / "regimes.svg", __name__)
    figures.save(drawn.bowls(results), folder / "bowls.svg", __name__)
    for name, function in (("quadratic", quadratic(settings.quadratic.condition)), ("rosenbrock", ROSENBROCK)):
        figures.save(
            drawn.paths(name, function, results.functions[name].best, arrays), folder / f"{name}.svg", __name__
        )
    root = sqrt(results.momentum)
    widest = (1 + root) / (1 - root)
    rate = next(walk.lr for walk in results.functions["line"].best if walk.name == "sgd") or 0.0
    left, lost = 1 - rate * results.curvature, thrown_out(results)
    steepest = 6 + sin(settings.start) + exp(settings.start)  # L'' where the walks start
    return View(
        tolerance=tables.power(settings.tolerance),
        rates=f"{settings.rates.number} rates from {settings.rates.lowest:g} to {settings.rates.highest:g}",
        shrinks=f"{root:.3g}",
        expected=f"{wanted:,.0f}",
        half=HALF,
        halved=f"{expected(results, HALF):,.0f}",
        flat=flat(results),
        like_momentum=as_expected(results, "adam", "adamax"),
        crossing=f"{widest:,.0f}",
        end=f"{10 * round(widest**2 / 10):,}",
        curvature=f"{results.curvature:g}",
        largest_rate=f"{2 / results.curvature:.3f}",
        fastest_rate=f"{1 / results.curvature:.3f}",
        best_rate=f"{rate:g}",
        left=f"{left:z.2f}".replace("-", "\N{MINUS SIGN}"),
        crosses=-1 < left < 0,
        overshoots=overshoot(arrays["line.momentum.path"][: FIRST + 1, 0]) is not None,
        start_curvature=f"{steepest:.3g}",
        thrown_out="" if lost is None or steepest <= results.curvature else f"{lost:g}",
        chosen={name: tables.markdown([_row(walk) for walk in each.best]) for name, each in results.functions.items()},
        tried={name: _tried(each.tried) for name, each in results.functions.items()},
        edges={name: _edges(each.best, settings) for name, each in results.functions.items()},
        bowls=tables.markdown([_bowl(bowl) for bowl in results.bowls]),
        regimes=tables.markdown([_row(walk, "learning rate is") for walk in results.regimes]),
        optimizers=_agreement(results),
        central_difference=number(results.derivatives.central_difference),
        autograd=number(results.derivatives.autograd),
        minimum=number(results.minimum.x),
        messages=messages(results, arrays),
    )


def _row(walk: Walk, title: str = "method") -> dict[str, Any]:
    return {
        title: NAMES.get(walk.name, walk.name),
        "rate": "–" if walk.lr is None else f"{walk.lr:g}",
        "steps": f"{walk.steps:,}",
        "ended": ENDED[walk.ended],
        "above the minimum by": "–" if walk.ended == "diverged" else number(max(walk.gap, 0.0)),
    }


def _tried(tried: Mapping[str, Sequence[Tried]]) -> str:
    """Steps by rate and method, and where the method did not arrive what happened."""
    rates = [each.lr for each in next(iter(tried.values()))]
    return tables.markdown(
        [
            {"rate": f"{lr:g}"}
            | {
                NAMES[name]: f"{each[i].steps:,}" if each[i].ended == "arrived" else ENDED[each[i].ended]
                for name, each in tried.items()
            }
            for i, lr in enumerate(rates)
        ]
    )


def _edges(best: Sequence[Walk], settings: Settings) -> str:
    ends = (settings.rates.values[0], settings.rates.values[-1])
    named = [NAMES[walk.name] for walk in best if walk.lr in ends]
    return f"At an end of the rates tried, so that a better one may lie beyond: {listed(named)}." if named else ""


def _bowl(bowl: Bowl) -> dict[str, str]:
    return {
        "condition number": f"{bowl.condition:,g}",
        "gradient descent": steps(bowl.descent),
        "momentum": steps(bowl.momentum),
        "momentum, μ chosen for the bowl": steps(bowl.fitted),
    }


def _set(value: Any) -> str:
    """A setting of an optimizer, as a page writes numbers."""
    return number(value) if isinstance(value, float) and 0 < value < 1e-3 else tables.value(value)


def _agreement(results: Results) -> str:
    return tables.markdown(
        [
            {
                "optimizer": NAMES[each.name],
                "settings": ", ".join(f"{key} {_set(value)}" for key, value in each.settings.items()),
                "largest difference": number(each.error),
            }
            for each in results.optimizers
        ]
    )
