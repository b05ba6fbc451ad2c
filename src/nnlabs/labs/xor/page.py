"""The page of `xor`."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from scipy.special import ndtr

from nnlabs.evaluation.statistics import Comparison, compare
from nnlabs.params.exercises import Xor
from nnlabs.reporting import figures, seeds, tables, sentences as verdict
from nnlabs.scratch.arrays import Array
from nnlabs.labs.xor.compute import AROUND, GRID

TITLE = "Exclusive or"
QUESTION = "What can a hidden layer do that a line cannot?"

WANTED, LINE = 0.995, 0.80
"""Held-out accuracy that the network is expected to reach on every seed, and the line to stay under."""
DRAWN = 400
"""Points of a panel; more would hide each other and swell the file."""
MARKERS = ("o", "s", "^", "D")
COLOURS = (figures.PALETTE[0], figures.PALETTE[1])
"""Of the two classes."""
FOUR = (figures.PALETTE[2], figures.PALETTE[3], figures.PALETTE[4], figures.PALETTE[5])
"""Of the four."""
TITLES = {"regressed": "one output, regressed on the index", "softmax": "four outputs, softmax"}
CORNERS = [(int(x1), int(x2)) for k in range(4) for x1, x2 in np.argwhere(np.equal(AROUND, k))]
"""The corner of each class."""


def answer(results: dict[str, Any]) -> str:
    corners, classes = results["corners"], results["classes"]
    network, line = ([run[kind] for run in corners["runs"]] for kind in ("network", "line"))
    regressed, softmax = ([run[kind] for run in classes["runs"]] for kind in ("regressed", "softmax"))
    return (
        f"A network with {verdict.counted(corners['settings']['hidden'], 'hidden unit')} gets {seeds.share(network)} % "
        f"of held-out points right, a line {seeds.share(line)} % ({verdict.counted(len(network))}). "
        f"Four classes: {seeds.share(softmax)} % with four outputs and softmax, {seeds.share(regressed)} % with one "
        f"output regressed on the class index ({verdict.counted(len(softmax))})."
    )


def page(results: dict[str, Any], arrays: dict[str, Array], settings: Xor, folder: Path) -> dict[str, Any]:
    figures.save(_points(arrays), folder / "points.svg")
    figures.save(_boundaries(results, arrays), folder / "boundaries.svg")
    figures.save(_class_losses(results, arrays), folder / "class-losses.svg")
    figures.save(_regions(results, arrays), folder / "regions.svg")
    corners, classes = results["corners"]["runs"], results["classes"]["runs"]
    compared = _compared(corners, classes)
    return {
        "corner_rows": tables.markdown([_corner_row(results, kind) for kind in ("network", "line")]),
        "by_seed": tables.markdown(
            [
                {
                    "seed": run["seed"],
                    "network, %": verdict.percent(run["network"]),
                    "line, %": verdict.percent(run["line"]),
                    "network's loss before": f"{run['first_loss']:,.1f}",
                    "after": f"{run['last_loss']:,.3f}",
                }
                for run in corners
            ]
        ),
        "line_verdict": [_expected(corners), verdict.sentence(compared[0])],
        "class_rows": tables.markdown([_class_row(classes, kind) for kind in TITLES]),
        "examples": tables.markdown(_examples(classes[0])),
        "between": _between(classes[0]),
        "class_verdict": [each for each in (verdict.sentence(compared[1]), _weakest(classes)) if each],
        "ceiling": verdict.percent(float(_right_side(settings.classes.noise)) ** 2),
        "corner_of": CORNERS,
        "counts": tables.markdown([_count_row(each) for each in results["counts"]]),
        "overshoots": bool(arrays["corners.losses"].max() > arrays["corners.losses"][0]),
        "shown": {"seed": corners[0]["seed"], "points": min(DRAWN, len(arrays["corners.x"]))},
    }


def _right_side(noise: float) -> float:
    """The chance that a coordinate stays on its corner's side of ½."""
    return float(ndtr(0.5 / noise)) if noise else 1.0


def _compared(corners: list[dict[str, Any]], classes: list[dict[str, Any]]) -> list[Comparison]:
    values = {kind: {run["seed"]: run[kind] for run in corners} for kind in ("network", "line")}
    values |= {kind: {run["seed"]: run[kind] for run in classes} for kind in ("softmax", "regressed")}
    return compare(values, [("network", "line"), ("softmax", "regressed")])


def _expected(runs: list[dict[str, Any]]) -> str:
    low, high = min(run["network"] for run in runs), max(run["line"] for run in runs)
    told = []
    for who, held, value, wanted, extreme in (
        ("the network", low >= WANTED, low, f"{verdict.percent(WANTED, 1)} % or more", "lowest"),
        ("the line", high < LINE, high, f"less than {verdict.percent(LINE, 0)} %", "highest"),
    ):
        found = f"{extreme} of {verdict.counted(len(runs))}: {verdict.percent(value)} %"
        told.append(f"{who} {'gets' if held else 'does **not** get'} {wanted} on every seed ({found})")
    text = "; ".join(told)
    return text[0].upper() + text[1:] + "."


def _corner_row(results: dict[str, Any], kind: str) -> dict[str, Any]:
    corners = results["corners"]
    values = [run[kind] for run in corners["runs"]]
    hidden = corners["settings"]["hidden"]
    return {
        "model": f"2-{hidden}-1, sigmoid" if kind == "network" else "2-1, a line",
        "held-out accuracy, %": seeds.share(values),
        "lowest to highest seed, %": seeds.extremes(values),
        "parameters": f"{corners['parameters'] if kind == 'network' else 2 + 1:,}",
        "seeds": len(values),
    }


def _per_class(runs: list[dict[str, Any]], kind: str) -> list[str]:
    return [seeds.share([run[f"{kind}_per_class"][k] for run in runs], 1) for k in range(4)]


def _class_row(runs: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return {
        "output layer": TITLES[kind],
        "held-out accuracy, %": seeds.share([run[kind] for run in runs]),
        **{f"class {k}": each for k, each in enumerate(_per_class(runs, kind))},
        "parameters": runs[0][f"{kind}_parameters"],
        "seeds": len(runs),
    }


def _weakest(runs: list[dict[str, Any]]) -> str:
    """Where regression loses most against softmax, in the outer classes or the inner; '' where one has no point."""
    behind = {
        where: np.mean([run["softmax_per_class"][k] - run["regressed_per_class"][k] for run in runs for k in classes])
        for where, classes in (("outer", (0, 3)), ("inner", (1, 2)))
    }
    if not np.isfinite(list(behind.values())).all():
        return ""
    text = (
        f"Regression is {verdict.points(-behind['outer'], 1)} points against softmax in the first and the last class, "
        f"{verdict.points(-behind['inner'], 1)} in the two between"
    )
    why = ": the first and the last are neighbours in the plane, and between them it says the others' names."
    return text + (why if behind["outer"] > max(behind["inner"], 0) else ".")


def _examples(run: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for regressed, softmax in zip(run["regressed_examples"], run["softmax_examples"], strict=True):
        x = tuple(regressed["x"])
        there = str(CORNERS.index(x)) if x in CORNERS else "between 0 and 3"
        rows.append(
            {
                "point": f"({x[0]:g}, {x[1]:g})",
                "class": there,
                "regressed output": f"{regressed['output'][0]:.3f}".replace("-", "\N{MINUS SIGN}"),
                "is class": regressed["predicted"],
                "softmax probabilities": ", ".join(f"{each:.3f}" for each in softmax["output"]),
                "is class ": softmax["predicted"],
            }
        )
    return rows


def _between(run: dict[str, Any]) -> str:
    """What both say half-way between the first class and the last."""
    regressed, softmax = run["regressed_examples"][-1], run["softmax_examples"][-1]
    where = ", ".join(f"{each:g}" for each in regressed["x"])
    told = f"At ({where}) it says {regressed['output'][0]:.2f}, which is class {regressed['predicted']}"
    wrong = regressed["predicted"] in (1, 2)
    told += f", whose points are all near ({', '.join(map(str, CORNERS[regressed['predicted']]))})" if wrong else ""
    outer = softmax["output"][0] + softmax["output"][3]
    return f"{told}; softmax divides {100 * outer:.1f} % of its belief between classes 0 and 3."


def _count_row(each: dict[str, Any]) -> dict[str, Any]:
    sizes = each["sizes"]
    terms = " + ".join(f"({inputs} + 1) · {outputs}" for inputs, outputs in pairwise(sizes))
    return {"network": "-".join(map(str, sizes)), "computed": terms, "parameters": f"{each['parameters']:,}"}


# ---------------------------------------------------------------- figures


def _plane(axes: Axes, x: Array, y: Array, colours: Sequence[str]) -> None:
    """The first points, each class with a colour and a marker of its own."""
    x, y = x[:DRAWN], y[:DRAWN]
    for k, colour in enumerate(colours):
        axes.plot(
            *x[y == k].T,
            MARKERS[k],
            color=colour,
            markersize=3.2,
            markeredgecolor="white",
            markeredgewidth=0.3,
            zorder=3,
        )
    low, high = GRID[0], GRID[-1]
    axes.set_xlim(min(low, float(x.min()) - 0.05), max(high, float(x.max()) + 0.05))
    axes.set_ylim(min(low, float(x.min()) - 0.05), max(high, float(x.max()) + 0.05))
    axes.set_aspect("equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(mpl.ticker.MultipleLocator(0.5))
    axes.set_xlabel("x₁")
    axes.set_ylabel("x₂")


def _legend(figure: Figure, colours: Sequence[str], names: Sequence[str]) -> None:
    entries = [
        mpl.lines.Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5, label=name)
        for colour, marker, name in zip(colours, MARKERS, names, strict=False)
    ]
    figure.legend(handles=entries, loc="outside upper center", ncols=len(entries), fontsize=8.5)


def _points(arrays: dict[str, Array]) -> Figure:
    figure = Figure(figsize=(figures.WIDTH, 2.9))
    points, steep, flat = figure.subplots(1, 3)
    _plane(points, arrays["corners.x"], arrays["corners.y"], COLOURS)
    points.set_title("the points")
    iterations, losses = arrays["corners.iterations"], arrays["corners.losses"]
    for axes, title in ((steep, "loss: steep, then flat"), (flat, "the same, logarithmic")):
        axes.plot(iterations, losses, color="#444444", linewidth=1.8)
        axes.set_xlabel("step")
        axes.set_title(title)
    steep.set_ylim(0)
    steep.set_title("loss")
    flat.set_yscale("log")
    _legend(figure, COLOURS, ("XOR = 0", "XOR = 1"))
    return figure


def _boundaries(results: dict[str, Any], arrays: dict[str, Array]) -> Figure:
    figure = Figure(figsize=(figures.WIDTH, 4.1))
    hidden = results["corners"]["settings"]["hidden"]
    run = results["corners"]["runs"][0]
    for axes, kind, title in zip(
        figure.subplots(1, 2), ("network", "line"), (f"network, {hidden} hidden units", "line"), strict=True
    ):
        _plane(axes, arrays["corners.x"], arrays["corners.y"], COLOURS)
        logits = np.clip(arrays[f"corners.{kind}"], -1, 1)
        told = f"{title}: {verdict.percent(run[kind], 1)} % held out"
        axes.contourf(GRID, GRID, logits, levels=[-2, 0, 2], colors=COLOURS, alpha=0.22, zorder=1)
        if logits.min() < 0 < logits.max():
            axes.contour(GRID, GRID, logits, levels=[0], colors="#222222", linewidths=1.4, zorder=4)
        else:
            told += "; boundary outside"
        axes.grid(visible=False)
        axes.set_title(told)
    _legend(figure, COLOURS, ("XOR = 0", "XOR = 1"))
    return figure


def _class_losses(results: dict[str, Any], arrays: dict[str, Array]) -> Figure:
    figure = Figure(figsize=(figures.WIDTH, 2.7))
    names = {"regressed": "squared error", "softmax": "cross-entropy"}
    for axes, (kind, title) in zip(figure.subplots(1, 2), TITLES.items(), strict=True):
        losses = arrays[f"classes.{kind}.losses"]
        axes.plot(np.arange(1, len(losses) + 1), losses, color="#444444", linewidth=1.8)
        axes.set_xlabel("epoch")
        axes.set_ylabel(names[kind])
        axes.set_ylim(0)
        axes.set_title(title)
    return figure


def _regions(results: dict[str, Any], arrays: dict[str, Array]) -> Figure:
    figure = Figure(figsize=(figures.WIDTH, 4.1))
    run = results["classes"]["runs"][0]
    half = (GRID[1] - GRID[0]) / 2
    edges = (GRID[0] - half, GRID[-1] + half) * 2
    for axes, (kind, title) in zip(figure.subplots(1, 2), TITLES.items(), strict=True):
        _plane(axes, arrays["classes.x"], arrays["classes.y"], FOUR)
        axes.imshow(
            arrays[f"classes.{kind}.plane"],
            cmap=ListedColormap(FOUR),
            vmin=0,
            vmax=3,
            alpha=0.3,
            origin="lower",
            extent=edges,
            interpolation="nearest",
            zorder=1,
        )
        axes.set_xlim(*edges[:2])
        axes.set_ylim(*edges[:2])
        axes.grid(visible=False)
        axes.plot(0.5, 0, "*", color="#222222", markersize=11, markeredgecolor="white", zorder=5)
        axes.set_title(f"{title}: {verdict.percent(run[kind], 1)} %", fontsize=9)
    _legend(figure, FOUR, [f"class {k}" for k in range(4)])
    return figure
