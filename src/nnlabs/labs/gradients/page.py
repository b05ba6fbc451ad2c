"""The page of `gradients`."""

from dataclasses import dataclass
from math import isfinite, log
from pathlib import Path
from typing import Any

import numpy as np

from nnlabs.core.record import Arrays
from nnlabs.labs.common import curves
from nnlabs.labs.gradients.figures import FUNCTIONS, LOWEST, RULES, by_depth, plain_panels, remedy_panels
from nnlabs.labs.gradients.results import LEVEL, NORM, SKIP, Pair, Results, is_level, typical
from nnlabs.labs.gradients.settings import Settings
from nnlabs.reporting import seeds, tables
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.figures import save
from nnlabs.reporting.sentences import counted

LEARNT = 0.95
"""A loss below this part of what guessing costs counts as learning."""


@dataclass(frozen=True)
class View:
    """Sentences, tables, and numbers as the page writes them; a passage of which the number is None is left out."""

    verdicts: list[str]
    depths: str
    deepest: int
    steps: str
    rate: str
    seeds: str
    level: str
    margin: str
    """By which part the loss has to fall below that of guessing."""
    guessing: str
    """The loss that guessing costs."""
    plain: str
    """The table of good initial weights alone."""
    mended: str
    """The table of the remedies."""
    lowest: str
    sigmoid: bool
    """Whether it was tried without a remedy on weights that suit other functions."""
    halved: str | None
    """What a layer more multiplies the norm by, of ReLU where each layer keeps half of the variance."""
    enlarged: str | None
    """What a layer multiplies by, of weights from N(0, 1)."""
    added: str | None
    """What a block more multiplies the norm by, of ReLU with skip connections, where that grows."""
    back: str | None
    """What a layer multiplies the gradient by on its way back, of ReLU with batch normalisation."""
    drifted: str | None
    """The first loss of the deepest network of sigmoids with skip connections."""


def answer(results: Results) -> Answer:
    return Answer((_answer(results),), "start.svg")


def _answer(results: Results) -> str:
    level, learn = [], []
    for pairs, what in _halves(results):
        names = [_name(pair) for pair in pairs if is_level(pair.depths_start)]
        level.append(f"{len(names)} of {what}" + (f" ({', '.join(names)})" if names else ""))
        learn.append(f"{sum(_learns(pair, results) for pair in pairs)} of the {len(pairs)}")
    return (
        f"The norm of dL/dW is at the start within a factor of {LEVEL:g} over all layers and depths for "
        f"{' and '.join(level)}. At depth {results.depths[-1]} {' and '.join(learn)} learn."
    )


def metrics(results: Results) -> dict[str, float]:
    """How many pairs are level, and how many learn at the largest depth."""
    return {
        "level_at_the_start": sum(is_level(pair.depths_start) for pair in results.pairs),
        "level_after_training": sum(is_level(pair.depths_trained) for pair in results.pairs),
        "learning": sum(_learns(pair, results) for pair in results.pairs),
    }


def curve(results: Results, arrays: Arrays) -> curves.Rows:
    """log10 of the norm at the start by depth, a line a pair of the last activation: all would be too many lines."""
    rows: curves.Rows = []
    for pair in results.pairs:
        if pair.activation == results.pairs[-1].activation:
            norms = np.log10([typical(arrays[f"{pair.name}.{depth}"], 0) for depth in results.depths])
            known = np.isfinite(norms)
            rows += curves.line(np.array(results.depths)[known], norms[known], _name(pair))
    return rows


def page(results: Results, arrays: Arrays, settings: Settings, folder: Path) -> View:
    plain, mended = (pairs for pairs, _ in _halves(results))
    save(plain_panels(plain, arrays, results.depths, 0), folder / "start.svg")
    save(plain_panels(plain, arrays, results.depths, 1), folder / "trained.svg")
    save(remedy_panels(mended, arrays, results.depths, settings.steps), folder / "remedies.svg")
    save(by_depth(results, arrays), folder / "depths.svg")
    pairs = {pair.name: pair for pair in results.pairs}
    growth = _growth(results, arrays)
    falling = [each for each in (growth.get(f"{rule}.relu") for rule in ("xavier", "lecun")) if each and each < 1]
    added, drifting = growth.get(f"lecun.relu.{SKIP}"), pairs.get(f"lecun.sigmoid.{SKIP}")
    return View(
        verdicts=_verdicts(results),
        depths=", ".join(map(str, settings.depths)),
        deepest=results.depths[-1],
        steps=f"{settings.steps:,}",
        rate=f"{settings.lr:g}",
        seeds=counted(len(settings.seeds)),
        level=f"{LEVEL:g}",
        margin=f"{1 - LEARNT:.0%}".replace("%", " %"),
        guessing=f"{log(results.classes):.3f}",
        plain=tables.markdown([_row(pair, results) for pair in plain]),
        mended=tables.markdown([_row(pair, results) for pair in mended]),
        lowest=tables.power(LOWEST),
        sigmoid=any(f"{rule}.sigmoid" in pairs for rule in ("he", "xavier", "lecun")),
        halved=f"{falling[0]:.2f}" if falling else None,
        enlarged=f"{settings.width**0.5:.3g}" if pairs.keys() & {"normal.tanh", "normal.relu"} else None,
        added=f"{added:.2f}" if added and added > 1 else None,
        back=_growing_back(pairs.get(f"normal.relu.{NORM}"), results),
        drifted=seeds.number(seeds.middle([loss.first for loss in drifting.deepest])) if drifting else None,
    )


def _halves(results: Results) -> list[tuple[list[Pair], str]]:
    plain = [pair for pair in results.pairs if not pair.remedy]
    mended = [pair for pair in results.pairs if pair.remedy]
    return [
        (plain, f"{len(plain)} pairs of initial weights and activation"),
        (mended, f"{len(mended)} with a remedy"),
    ]


def _name(pair: Pair) -> str:
    return f"{RULES[pair.initialisation]} {FUNCTIONS[pair.activation]}" + (f" + {pair.remedy}" if pair.remedy else "")


def _learns(pair: Pair, results: Results) -> bool:
    return seeds.middle([loss.last for loss in pair.deepest]) <= LEARNT * log(results.classes)


def _row(pair: Pair, results: Results) -> dict[str, Any]:
    first, last = [loss.first for loss in pair.deepest], [loss.last for loss in pair.deepest]
    remedy = {"remedy": pair.remedy} if pair.remedy else {}
    level, learns = is_level(pair.depths_start), _learns(pair, results)
    return {
        "initial weights": RULES[pair.initialisation],
        "activation": FUNCTIONS[pair.activation],
        **remedy,
        "layers apart: start": seeds.spread(pair.layers_start),
        "trained": seeds.spread(pair.layers_trained),
        "over all depths: start": seeds.spread(pair.depths_start),
        "trained ": seeds.spread(pair.depths_trained),
        "loss: first": seeds.number(seeds.middle(first)),
        "last": "overflow" if not isfinite(seeds.middle(last)) else seeds.spread(last),
        "level": "**yes**" if level else "no",
        "learns": "**yes**" if learns else "no",
    }


def _verdicts(results: Results) -> list[str]:
    """Every pair in one of four groups."""
    groups: dict[tuple[bool, bool], list[str]] = {}
    for pair in results.pairs:
        kind = is_level(pair.depths_start), _learns(pair, results)
        groups.setdefault(kind, []).append(_name(pair))
    titles = {
        (True, True): "Level, and it learns",
        (True, False): "Level, and it does not learn",
        (False, True): "Not level, and it learns all the same",
        (False, False): "Neither level nor learning",
    }
    return [
        f"**{title}** ({len(groups[kind])}): {', '.join(groups[kind])}."
        for kind, title in titles.items()
        if kind in groups
    ]


def _growth(results: Results, arrays: Arrays) -> dict[str, float]:
    """What one layer more multiplies the norm by at the start, from the shallowest to the deepest network.

    By the pair's name; without those whose norms are 0 or overflowed.
    """
    low, high = results.depths[0], results.depths[-1]
    found = {}
    for pair in results.pairs:
        first, last = (typical(arrays[f"{pair.name}.{depth}"], 0) for depth in (low, high))
        if low < high and isfinite(first) and isfinite(last):
            found[pair.name] = (last / first) ** (1 / (high - low))
    return found


def _growing_back(pair: Pair | None, results: Results) -> str | None:
    """How much the norm changes from a layer to the next, by how far apart they are in the deepest network."""
    steps = results.depths[-1] - 2
    apart = seeds.middle(pair.layers_start) if pair else np.inf
    return f"{apart ** (1 / steps):.2f}" if steps > 0 and isfinite(apart) else None
