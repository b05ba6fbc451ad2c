"""The page of `gradients`."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, log
from pathlib import Path
from typing import Any

import numpy as np

from nnlabs.core.record import Arrays
from nnlabs.labs.common import curves, layers
from nnlabs.labs.gradients.figures import LOWEST, by_depth, grid, panels
from nnlabs.labs.gradients.names import name
from nnlabs.labs.gradients.results import (
    FALL,
    LEVEL,
    NORM,
    SKIP,
    Pair,
    Results,
    below_guessing,
    falling_seeds,
    is_level,
    level_seeds,
    typical,
)
from nnlabs.labs.gradients.settings import Settings
from nnlabs.reporting import seeds, tables
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.figures import save
from nnlabs.reporting.sentences import counted, listed

ACTIVATION = "activation"
"""In the drawing, of whichever is tried."""


@dataclass(frozen=True)
class View:
    """Sentences, tables, and numbers as the page writes them; a passage of which the number is None is left out."""

    groups: list[str]
    """Which combinations are level, and which learn."""
    depths: str
    deepest: int
    steps: str
    rate: str
    seeds: str
    level: str
    fall: str
    """By which part a loss has to fall."""
    guessing: str
    """The loss that guessing costs."""
    norms: str
    """Tables."""
    losses: str
    plain: str
    """Alternative texts: the norms of good initial weights alone, of the remedies, and by depth."""
    mended: str
    by_depth: str
    lowest: str
    sigmoid: bool
    """Whether it was tried without a remedy on weights that suit other functions."""
    halved: str | None
    """What a layer more multiplies the norm by, of ReLU where each layer keeps half of the variance."""
    enlarged: str | None
    """What a layer multiplies by, of weights from N(0, 1)."""
    halfway: str
    """Likewise, where ReLU lets half of the variance through."""
    passed: str | None
    """That factor as it was measured."""
    added: str | None
    """What a block more multiplies the norm by, of ReLU with skip connections, where that grows."""
    back: str | None
    """What a layer multiplies the gradient by on its way back, of ReLU with batch normalisation."""
    drifted: str | None
    """The first loss of the deepest network of sigmoids with skip connections."""


def answer(results: Results) -> Answer:
    pairs, deepest = results.pairs, results.depths[-1]
    level = [pair for pair in pairs if is_level(pair.depths_start)]
    learn = [pair for pair in pairs if _learns(pair)]
    both = [pair for pair in level if _learns(pair)]
    done = [pair for pair in pairs if below_guessing(pair.deepest, results.classes)]
    said = [
        "Backpropagation multiplies: each layer passes on the gradient times a factor, and over many layers a factor "
        "a little "
        f"below 1 makes it vanish and one above 1 makes it explode{_worst(results)}.",
        f"Of {len(pairs)} combinations of initial weights, activation and remedy, {len(learn)} learn at "
        f"{counted(deepest, 'layer')} "
        f"(the loss falls in every seed), and {len(done)} get below what guessing costs.",
    ]
    if level:
        same = "all of them learn" if len(both) == len(level) else f"{len(both)} of them learn"
        said.append(
            f"Gradients are of one size, within a factor of {LEVEL:g} over all layers, depths and seeds, in "
            f"{len(level)}: {same}."
        )
    if done:
        plain, mended = (
            [name(pair) for pair in done if bool(pair.remedy) is with_remedy] for with_remedy in (False, True)
        )
        ways = [f"by their initial weights alone, {listed(plain)}"] * bool(plain)
        ways += [f"by batch normalisation or skip connections, {listed(mended)}"] * bool(mended)
        said.append(f"What gets below guessing, in every seed: {'; '.join(ways)}.")
    said.append(
        "The limits: one rate for all, tuned for none, few steps, and fully connected networks; with a rate of its "
        "own a combination may do better."
    )
    message = (
        f"At {counted(deepest, 'layer')} gradients are level in every seed for {len(level)} of {len(pairs)} "
        "combinations, and the loss falls for "
        f"{len(learn)}"
    )
    return Answer(tuple(said), "grid.svg", message)


def _worst(results: Results) -> str:
    """The widest gap between the layers of one deep network, with its name."""
    known = [(seeds.middle(pair.layers_start), pair) for pair in results.pairs]
    apart, pair = max(
        ((gap, pair) for gap, pair in known if isfinite(gap)), default=(0.0, None), key=lambda each: each[0]
    )
    if pair is None or apart <= LEVEL:
        return ""
    return f" (with {name(pair)} the gradients of one network's layers differ by a factor of {seeds.number(apart, 0)})"


def metrics(results: Results) -> dict[str, float]:
    """In how many combinations gradients are level, and how many learn at the largest depth; in every seed."""
    return {
        "level_at_the_start": sum(is_level(pair.depths_start) for pair in results.pairs),
        "learning": sum(_learns(pair) for pair in results.pairs),
    }


def curve(results: Results, arrays: Arrays) -> curves.Rows:
    """log10 of the norm at the start by depth, a line a pair of the last activation: all would be too many lines."""
    rows: curves.Rows = []
    for pair in results.pairs:
        if pair.activation == results.pairs[-1].activation:
            norms = np.log10([typical(arrays[f"{pair.name}.{depth}"], 0) for depth in results.depths])
            known = np.isfinite(norms)
            rows += curves.line(np.array(results.depths)[known], norms[known], name(pair))
    return rows


def networks(results: Results, settings: Settings, shape: Sequence[int]) -> dict[str, layers.Layers]:
    """The deepest network, plain and with skip connections around every hidden layer but the first."""
    depth, width = results.depths[-1], settings.width
    plain = layers.of_pixels(shape, [*[width] * depth, results.classes], ACTIVATION)
    drawn = {f"The deepest network, {counted(depth, 'hidden layer')}": plain}
    if depth > 1:
        first, last = layers.of_pixels(shape, [width], ACTIVATION), layers.linear(width, results.classes)
        block = layers.same("Residual", [width], layers.linear(width, width)["parameters"])
        around = [*first, layers.same(ACTIVATION, [width]), *[block] * (depth - 1), last]
        drawn["The same with skip connections"] = around
    return drawn


def page(results: Results, arrays: Arrays, settings: Settings, folder: Path) -> View:
    plain, mended = ([pair for pair in results.pairs if bool(pair.remedy) is each] for each in (False, True))
    save(grid(results, arrays), folder / "grid.svg", __name__)
    save(panels(plain, arrays, results.depths), folder / "start.svg", __name__)
    save(panels(mended, arrays, results.depths), folder / "remedies.svg", __name__)
    save(by_depth(results, arrays), folder / "depths.svg", __name__)
    pairs = {pair.name: pair for pair in results.pairs}
    growth = _growth(results, arrays)
    falling = [each for each in (growth.get(f"{rule}.relu") for rule in ("xavier", "lecun")) if each and each < 1]
    added, drifting = growth.get(f"lecun.relu.{SKIP}"), pairs.get(f"lecun.sigmoid.{SKIP}")
    return View(
        groups=_groups(results),
        depths=", ".join(map(str, settings.depths)),
        deepest=results.depths[-1],
        steps=f"{settings.steps:,}",
        rate=f"{settings.lr:g}",
        seeds=counted(len(settings.seeds)),
        level=f"{LEVEL:g}",
        fall=f"{FALL:.0%}".replace("%", " %"),
        guessing=f"{log(results.classes):.3f}",
        norms=tables.markdown([_norm_row(pair) for pair in results.pairs]),
        losses=tables.markdown([_loss_row(pair, results) for pair in results.pairs]),
        plain=_said_of_norms(plain),
        mended=_said_of_norms(mended),
        by_depth=_said_of_growth(growth, pairs),
        lowest=tables.power(LOWEST),
        sigmoid=any(f"{rule}.sigmoid" in pairs for rule in ("he", "xavier", "lecun")),
        halved=f"{falling[0]:.2f}" if falling else None,
        enlarged=f"{settings.width**0.5:.3g}" if pairs.keys() & {"normal.tanh", "normal.relu"} else None,
        halfway=f"{(settings.width / 2) ** 0.5:.3g}",
        passed=f"{growth['normal.relu']:.3g}" if "normal.relu" in growth else None,
        added=f"{added:.2f}" if added and added > 1 else None,
        back=_growing_back(pairs.get(f"normal.relu.{NORM}"), results),
        drifted=seeds.number(seeds.middle([loss.first for loss in drifting.deepest])) if drifting else None,
    )


def _learns(pair: Pair) -> bool:
    """Whether the loss of the deepest network falls in every seed."""
    return falling_seeds(pair.deepest) == len(pair.deepest)


def _said_of_norms(pairs: list[Pair]) -> str:
    level = [name(pair) for pair in pairs if is_level(pair.layers_start)]
    return (
        f"Within a factor of {LEVEL:g} between the layers of the deepest network in every seed: "
        f"{listed(level) if level else 'none'}; the other lines rise or fall with the layer"
    )


def _said_of_growth(growth: dict[str, float], pairs: dict[str, Pair]) -> str:
    if not growth:
        return "The norms by depth"
    ordered = sorted(growth, key=lambda each: growth[each])
    low, high = pairs[ordered[0]], pairs[ordered[-1]]
    return (
        f"One layer more multiplies the norm by {seeds.number(growth[low.name])} with {name(low)} and by "
        f"{seeds.number(growth[high.name])} with {name(high)}; the others lie between"
    )


def _norm_row(pair: Pair) -> dict[str, Any]:
    return {
        "combination": name(pair),
        "layers apart: start": seeds.spread(pair.layers_start),
        "trained": seeds.spread(pair.layers_trained),
        "all depths: start": seeds.spread(pair.depths_start),
        "level": f"{level_seeds(pair.depths_start)}/{len(pair.depths_start)}",
    }


def _loss_row(pair: Pair, results: Results) -> dict[str, Any]:
    first, last = [loss.first for loss in pair.deepest], [loss.last for loss in pair.deepest]
    return {
        "combination": name(pair),
        "loss: first": seeds.spread(first),
        "last": "overflow" if not isfinite(seeds.middle(last)) else seeds.spread(last),
        "falls": f"{falling_seeds(pair.deepest)}/{len(last)}",
        "below guessing": "yes" if below_guessing(pair.deepest, results.classes) else "no",
    }


def _groups(results: Results) -> list[str]:
    """Every combination in one of four groups; what is so in some seeds only is not so."""
    groups: dict[tuple[bool, bool], list[str]] = {}
    for pair in results.pairs:
        groups.setdefault((is_level(pair.depths_start), _learns(pair)), []).append(name(pair))
    titles = {
        (True, True): "Level, and it learns",
        (True, False): "Level, and it does not learn",
        (False, True): "Not level in every seed, and it learns all the same",
        (False, False): "Neither",
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
