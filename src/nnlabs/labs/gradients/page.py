"""The page of `gradients`."""

from collections.abc import Sequence
from math import isfinite, log
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from nnlabs.params.studies import Gradients
from nnlabs.reporting import figures, seeds, tables
from nnlabs.scratch.arrays import Array
from nnlabs.labs.gradients.compute import is_level

TITLE = "Vanishing and exploding gradients"
QUESTION = "Why do deep networks stop learning, and what mends it?"

LEARNT = 0.95
"""A loss below this part of what guessing costs counts as learning."""
RULES = {"normal": "N(0, 1)", "xavier": "Xavier", "he": "He", "lecun": "LeCun"}
FUNCTIONS = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU"}
DARKEST = 0.9
"""Of viridis, whose yellow end is too pale for a line."""

LOWEST = 1e-20
"""Where the axes end: one layer whose norm is all but 0 shall not flatten the others."""
SHADE = "#e8f3fb"
"""Behind what is level."""

Pair = dict[str, Any]


def answer(results: dict[str, Any]) -> str:
    deepest = max(results["settings"]["depths"])
    level, learn = [], []
    for pairs, what in _halves(results):
        names = [_name(pair) for pair in pairs if is_level(pair["depths_start"])]
        level.append(f"{len(names)} of {what}" + (f" ({', '.join(names)})" if names else ""))
        learn.append(f"{sum(_learns(pair, results) for pair in pairs)} of the {len(pairs)}")
    return (
        f"The norm of dL/dW is at the start within a factor of {results['level']:g} over all layers and depths for "
        f"{' and '.join(level)}. At depth {deepest} {' and '.join(learn)} learn."
    )


def page(results: dict[str, Any], arrays: dict[str, Array], settings: Gradients, folder: Path) -> dict[str, Any]:
    plain, mended = (pairs for pairs, _ in _halves(results))
    figures.save(_plain(results, plain, arrays, 0), folder / "start.svg")
    figures.save(_plain(results, plain, arrays, 1), folder / "trained.svg")
    figures.save(_remedies(results, mended, arrays), folder / "remedies.svg")
    figures.save(_depths(results, arrays), folder / "depths.svg")
    return {
        "plain": tables.markdown([_row(pair, results) for pair in plain]),
        "mended": tables.markdown([_row(pair, results) for pair in mended]),
        "guessing": log(results["data"]["classes"]),
        "learnt": LEARNT * log(results["data"]["classes"]),
        "margin": f"{1 - LEARNT:.0%}".replace("%", " %"),
        "deepest": max(settings.depths),
        "verdicts": _verdicts(results),
        "growth": _growth(results, arrays),
        "growing_back": _growing_back(results),
        "lowest": tables.power(LOWEST),
        "rows": {pair["name"]: pair for pair in results["pairs"]},
        "middle": seeds.middle,
        "number": seeds.number,
    }


def _halves(results: dict[str, Any]) -> list[tuple[list[Pair], str]]:
    plain = [pair for pair in results["pairs"] if not pair["remedy"]]
    mended = [pair for pair in results["pairs"] if pair["remedy"]]
    return [
        (plain, f"{len(plain)} pairs of initial weights and activation"),
        (mended, f"{len(mended)} with a remedy"),
    ]


def _name(pair: Pair) -> str:
    return f"{RULES[pair['initialisation']]} {FUNCTIONS[pair['activation']]}" + (
        f" + {pair['remedy']}" if pair["remedy"] else ""
    )


def _losses(pair: Pair, results: dict[str, Any]) -> list[list[float | None]]:
    """First and last of every seed, in the deepest network."""
    losses: list[list[float | None]] = pair["losses"][str(max(results["settings"]["depths"]))]
    return losses


def _learns(pair: Pair, results: dict[str, Any]) -> bool:
    last = seeds.middle([last for _, last in _losses(pair, results)])
    return last <= LEARNT * log(results["data"]["classes"])


def _row(pair: Pair, results: dict[str, Any]) -> dict[str, Any]:
    losses = _losses(pair, results)
    first, last = ([each[i] for each in losses] for i in range(2))
    remedy = {"remedy": pair["remedy"]} if pair["remedy"] else {}
    level, learns = is_level(pair["depths_start"]), _learns(pair, results)
    return {
        "initial weights": RULES[pair["initialisation"]],
        "activation": FUNCTIONS[pair["activation"]],
        **remedy,
        "layers apart: start": seeds.spread(pair["layers_start"]),
        "trained": seeds.spread(pair["layers_trained"]),
        "over all depths: start": seeds.spread(pair["depths_start"]),
        "trained ": seeds.spread(pair["depths_trained"]),
        "loss: first": seeds.number(seeds.middle(first)),
        "last": "overflow" if not isfinite(seeds.middle(last)) else seeds.spread(last),
        "level": "**yes**" if level else "no",
        "learns": "**yes**" if learns else "no",
    }


def _verdicts(results: dict[str, Any]) -> list[str]:
    """Every pair in one of four groups."""
    groups: dict[tuple[bool, bool], list[str]] = {}
    for pair in results["pairs"]:
        kind = is_level(pair["depths_start"]), _learns(pair, results)
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


def _typical(every: Array, when: int) -> float:
    """Of seeds x 2 x layers the norm: geometric mean over the equal layers, median over seeds; nan where none is."""
    equal = every[:, when, 1:] if every.shape[2] > 1 else every[:, when]
    with np.errstate(divide="ignore", invalid="ignore"):
        typical = np.median(np.exp(np.log(equal).mean(axis=1)))
    return float(typical) if 0 < typical < np.inf else float("nan")


def _growth(results: dict[str, Any], arrays: dict[str, Array]) -> dict[str, float | None]:
    """What one layer more multiplies the norm by at the start, from the shallowest to the deepest network."""
    low, high = min(results["settings"]["depths"]), max(results["settings"]["depths"])
    found: dict[str, float | None] = {}
    for pair in results["pairs"]:
        name = pair["name"]
        first, last = (_typical(arrays[f"{name}.{depth}"], 0) for depth in (low, high))
        known = low < high and isfinite(first) and isfinite(last)
        found[name] = (last / first) ** (1 / (high - low)) if known else None
    return found


def _growing_back(results: dict[str, Any]) -> dict[str, float | None]:
    """How much the norm changes from a layer to the next, by how far apart they are in the deepest network."""
    steps = max(results["settings"]["depths"]) - 2
    apart = {pair["name"]: seeds.middle(pair["layers_start"]) for pair in results["pairs"]}
    return {name: each ** (1 / steps) if steps > 0 and isfinite(each) else None for name, each in apart.items()}


# ---------------------------------------------------------------- figures


def _shades(depths: Sequence[int]) -> dict[int, Any]:
    """The deeper the darker."""
    ordered = sorted(depths)
    return dict(zip(ordered, mpl.colormaps["viridis"](np.linspace(DARKEST, 0, len(ordered))), strict=True))


def _panel(axes: Axes, pair: Pair, arrays: dict[str, Array], depths: Sequence[int], when: int) -> None:
    """Norm by layer, a line a depth: the median over seeds."""
    over, vanished = [], []
    for depth, shade in _shades(depths).items():
        norms = np.median(arrays[f"{pair['name']}.{depth}"][:, when], axis=0)
        shown = np.where((norms > 0) & np.isfinite(norms), norms, np.nan)
        if not np.isfinite(norms).all():
            over.append(str(depth))
        elif not norms.all():
            vanished.append(str(depth))
        marker = "o" if depth == 1 else ""
        axes.plot(np.arange(1, depth + 1), shown, color=shade, linewidth=1.6, marker=marker, markersize=3)
    said = [f"overflow: depth\n{', '.join(over)}"] * bool(over) + [f"some are 0: depth\n{', '.join(vanished)}"] * bool(
        vanished
    )
    if said:
        axes.text(
            0.97, 0.04, "\n".join(said), transform=axes.transAxes, ha="right", va="bottom", fontsize=7, color="#7a2e00"
        )
    if is_level(pair["depths_trained" if when else "depths_start"]):
        axes.set_facecolor(SHADE)
    axes.set_xlim(0, max(depths) + 1)
    axes.set_yscale("log")
    axes.tick_params(which="minor", left=False)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(3, integer=True))


def _fit(grid: Sequence[Axes]) -> None:
    """The same decades in all panels, so that a line as high as a factor of ten is so everywhere."""
    values = [line.get_ydata() for axes in grid for line in axes.lines]
    known = np.concatenate([np.asarray(each)[np.isfinite(each)] for each in values]) if values else np.array([])
    low, high = (known.min(), known.max()) if len(known) else (0.1, 10)
    for axes in grid:
        axes.set_ylim(max(low, LOWEST) / 3, high * 3)


def _legend(figure: Figure, depths: Sequence[int]) -> None:
    entries = [mpl.lines.Line2D([], [], color=c, linewidth=2, label=f"depth {d}") for d, c in _shades(depths).items()]
    figure.legend(handles=entries, loc="outside upper center", ncols=min(len(entries), 7), fontsize=8.5)


def _rows(pairs: list[Pair]) -> list[str]:
    return list(dict.fromkeys(pair["activation"] for pair in pairs))


def _multiples(
    parent: Figure | SubFigure, pairs: list[Pair], key: str, arrays: dict[str, Array], depths: Sequence[int], when: int
) -> None:
    """A row an activation, a column each initialisation or remedy."""
    rows, columns = _rows(pairs), list(dict.fromkeys(pair[key] for pair in pairs))
    found = {(pair["activation"], pair[key]): pair for pair in pairs}
    grid = parent.subplots(len(rows), len(columns), sharex=True, sharey=True, squeeze=False)
    for line, activation in zip(grid, rows, strict=True):
        for axes, column in zip(line, columns, strict=True):
            _panel(axes, found[activation, column], arrays, depths, when)
        line[0].set_ylabel(f"{FUNCTIONS[activation]}\n‖dL/dW‖")
    for axes, column in zip(grid[0], columns, strict=True):
        axes.set_title(
            RULES.get(column, column.replace("batch normalisation", "batch norm.").replace("connections", "")),
            fontsize=8.5,
        )
    parent.supxlabel("layer, from the input on", fontsize=9)


def _plain(results: dict[str, Any], pairs: list[Pair], arrays: dict[str, Array], when: int) -> Figure:
    depths = results["settings"]["depths"]
    figure = Figure(figsize=(figures.WIDTH, 1.1 + 1.6 * len(_rows(pairs))))
    _multiples(figure, pairs, "initialisation", arrays, depths, when)
    _fit(figure.axes)
    _legend(figure, depths)
    return figure


def _remedies(results: dict[str, Any], pairs: list[Pair], arrays: dict[str, Array]) -> Figure:
    depths = results["settings"]["depths"]
    figure = Figure(figsize=(figures.WIDTH, 1.3 + 1.6 * len(_rows(pairs))))
    for half, when in zip(figure.subfigures(1, 2, squeeze=False).flat, range(2), strict=True):
        _multiples(half, pairs, "remedy", arrays, depths, when)
        half.suptitle(("at the start", f"after {results['settings']['steps']:,} steps")[when], fontsize=9.5)
    _fit(figure.axes)
    _legend(figure, depths)
    return figure


def _depths(results: dict[str, Any], arrays: dict[str, Array]) -> Figure:
    """The typical norm against the depth, a panel an activation and a line an arm."""
    depths = sorted(results["settings"]["depths"])
    arms = list(dict.fromkeys((pair["initialisation"], pair["remedy"]) for pair in results["pairs"]))
    styles = figures.colours([" ".join(arm) for arm in arms])
    rows = _rows(results["pairs"])
    figure = Figure(figsize=(figures.WIDTH, 3.6))
    for axes, activation in zip(figure.subplots(1, len(rows), squeeze=False).flat, rows, strict=True):
        for pair in results["pairs"]:
            if pair["activation"] == activation:
                norms = [_typical(arrays[f"{pair['name']}.{depth}"], 0) for depth in depths]
                style = styles[f"{pair['initialisation']} {pair['remedy']}"]
                axes.plot(depths, norms, marker="os"[bool(pair["remedy"])], markersize=3.5, linewidth=1.5, **style)
        axes.set_yscale("log")
        axes.set_title(FUNCTIONS[activation])
        axes.set_xlabel("hidden layers")
    figure.axes[0].set_ylabel("‖dL/dW‖ at the start")
    entries = [
        mpl.lines.Line2D(
            [],
            [],
            marker="os"[bool(remedy)],
            markersize=4,
            label=RULES[initialisation] + (f" + {remedy}" if remedy else ""),
            **styles[f"{initialisation} {remedy}"],
        )
        for initialisation, remedy in arms
    ]
    figure.legend(handles=entries, loc="outside upper center", ncols=4, fontsize=8)
    return figure
