"""The page of `xor`."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from scipy.special import ndtr

from nnlabs.evaluation.statistics import Comparison, Sample, compare
from nnlabs.labs.common import curves
from nnlabs.labs.xor.results import AROUND, GRID, ClassRun, CornerRun, Corners, Count, Output, Results
from nnlabs.labs.xor.settings import Settings
from nnlabs.reporting import figures, seeds, sentences, tables
from nnlabs.reporting.answers import Answer
from nnlabs.scratch.arrays import Array

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
CORNERS: list[tuple[float, float]] = [
    (int(x1), int(x2)) for k in range(4) for x1, x2 in np.argwhere(np.equal(AROUND, k))
]
"""The corner of each class."""


@dataclass(frozen=True)
class View:
    """Tables, sentences, and numbers as the page writes them."""

    corner_rows: str
    by_seed: str
    line_verdict: tuple[str, ...]
    class_rows: str
    class_verdict: tuple[str, ...]
    examples: str
    between: str
    ceiling: str
    """What no rule gets right more often than at this noise, percent."""
    corners: tuple[str, ...]
    """The corner of each class."""
    counts: str
    overshoots: bool
    """Whether the first steps make the loss larger."""
    seed: int
    """The one that is drawn."""
    drawn: int
    """How many of its points."""


def answer(results: Results) -> Answer:
    return Answer((_answer(results),), "boundaries.svg")


def _answer(results: Results) -> str:
    network, line, softmax, regressed = _accuracies(results).values()
    return (
        f"A network with {sentences.counted(results.corners.hidden, 'hidden unit')} gets {seeds.share(network)} % "
        f"of held-out points right, a line {seeds.share(line)} % ({sentences.counted(len(network))}). "
        f"Four classes: {seeds.share(softmax)} % with four outputs and softmax, {seeds.share(regressed)} % with one "
        f"output regressed on the class index ({sentences.counted(len(softmax))})."
    )


def metrics(results: Results) -> dict[str, float]:
    """Accuracies on held-out points, means over the seeds."""
    return {f"{kind}_accuracy": float(np.mean(values)) for kind, values in _accuracies(results).items()}


def curve(results: Results, arrays: dict[str, Array]) -> curves.Rows:
    """log10 of the network's loss by step, of the first seed."""
    return curves.line(arrays["corners.iterations"], np.log10(arrays["corners.losses"]), "network")


def _accuracies(results: Results) -> dict[str, list[float]]:
    """Of every model, a number a seed."""
    return {
        "network": [run.network for run in results.corners.runs],
        "line": [run.line for run in results.corners.runs],
        "softmax": [run.softmax.accuracy for run in results.classes],
        "regressed": [run.regressed.accuracy for run in results.classes],
    }


def page(results: Results, arrays: dict[str, Array], settings: Settings, folder: Path) -> View:
    figures.save(_points(arrays), folder / "points.svg")
    figures.save(_boundaries(results.corners, arrays), folder / "boundaries.svg")
    figures.save(_class_losses(arrays), folder / "class-losses.svg")
    figures.save(_regions(results.classes[0], arrays), folder / "regions.svg")
    corners, classes = results.corners.runs, results.classes
    compared = _compared(corners, classes)
    return View(
        corner_rows=tables.markdown([_corner_row(results.corners, kind) for kind in ("network", "line")]),
        by_seed=tables.markdown(
            [
                {
                    "seed": run.seed,
                    "network, %": sentences.percent(run.network),
                    "line, %": sentences.percent(run.line),
                    "network's loss before": f"{run.first_loss:,.1f}",
                    "after": f"{run.last_loss:,.3f}",
                }
                for run in corners
            ]
        ),
        line_verdict=(_expected(corners), sentences.sentence(compared[0])),
        class_rows=tables.markdown([_class_row(classes, kind) for kind in TITLES]),
        class_verdict=tuple(each for each in (sentences.sentence(compared[1]), _weakest(classes)) if each),
        examples=tables.markdown(_examples(classes[0])),
        between=_between(classes[0]),
        ceiling=sentences.percent(float(_right_side(settings.classes.noise)) ** 2),
        corners=tuple(", ".join(map(str, corner)) for corner in CORNERS),
        counts=tables.markdown([_count_row(each) for each in results.counts]),
        overshoots=bool(arrays["corners.losses"].max() > arrays["corners.losses"][0]),
        seed=corners[0].seed,
        drawn=min(DRAWN, len(arrays["corners.x"])),
    )


def _right_side(noise: float) -> float:
    """The chance that a coordinate stays on its corner's side of ½."""
    return float(ndtr(0.5 / noise)) if noise else 1.0


def _compared(corners: Sequence[CornerRun], classes: Sequence[ClassRun]) -> list[Comparison]:
    values = {kind: Sample.of([getattr(run, kind) for run in corners]) for kind in ("network", "line")}
    values |= {kind: Sample.of([getattr(run, kind).accuracy for run in classes]) for kind in ("softmax", "regressed")}
    return compare(values, [("network", "line"), ("softmax", "regressed")])


def _expected(runs: Sequence[CornerRun]) -> str:
    low, high = min(run.network for run in runs), max(run.line for run in runs)
    told = []
    for who, held, value, wanted, extreme in (
        ("the network", low >= WANTED, low, f"{sentences.percent(WANTED, 1)} % or more", "lowest"),
        ("the line", high < LINE, high, f"less than {sentences.percent(LINE, 0)} %", "highest"),
    ):
        found = f"{extreme} of {sentences.counted(len(runs))}: {sentences.percent(value)} %"
        told.append(f"{who} {'gets' if held else 'does **not** get'} {wanted} on every seed ({found})")
    text = "; ".join(told)
    return text[0].upper() + text[1:] + "."


def _corner_row(corners: Corners, kind: str) -> dict[str, Any]:
    values = [getattr(run, kind) for run in corners.runs]
    return {
        "model": f"2-{corners.hidden}-1, sigmoid" if kind == "network" else "2-1, a line",
        "held-out accuracy, %": seeds.share(values),
        "lowest to highest seed, %": seeds.extremes(values),
        "parameters": f"{corners.parameters if kind == 'network' else 2 + 1:,}",
        "seeds": len(values),
    }


def _class_row(runs: Sequence[ClassRun], kind: str) -> dict[str, Any]:
    outputs: list[Output] = [getattr(run, kind) for run in runs]
    per_class = [seeds.share([output.per_class[k] for output in outputs], 1) for k in range(4)]
    return {
        "output layer": TITLES[kind],
        "held-out accuracy, %": seeds.share([output.accuracy for output in outputs]),
        **{f"class {k}": each for k, each in enumerate(per_class)},
        "parameters": outputs[0].parameters,
        "seeds": len(runs),
    }


def _weakest(runs: Sequence[ClassRun]) -> str:
    """Where regression loses most against softmax, in the outer classes or the inner; '' where one has no point."""
    behind = {
        where: float(np.mean([run.softmax.per_class[k] - run.regressed.per_class[k] for run in runs for k in classes]))
        for where, classes in (("outer", (0, 3)), ("inner", (1, 2)))
    }
    if not np.isfinite(list(behind.values())).all():
        return ""
    text = (
        f"Regression is {sentences.points(-behind['outer'], 1)} points against softmax in the first and the last "
        f"class, {sentences.points(-behind['inner'], 1)} in the two between"
    )
    why = ": the first and the last are neighbours in the plane, and between them it says the others' names."
    return text + (why if behind["outer"] > max(behind["inner"], 0) else ".")


def _examples(run: ClassRun) -> list[dict[str, Any]]:
    rows = []
    for regressed, softmax in zip(run.regressed.examples, run.softmax.examples, strict=True):
        x = regressed.x
        there = str(CORNERS.index(x)) if x in CORNERS else "between 0 and 3"
        rows.append(
            {
                "point": f"({x[0]:g}, {x[1]:g})",
                "class": there,
                "regressed output": f"{regressed.output[0]:.3f}".replace("-", "\N{MINUS SIGN}"),
                "is class": regressed.predicted,
                "softmax probabilities": ", ".join(f"{each:.3f}" for each in softmax.output),
                "is class ": softmax.predicted,
            }
        )
    return rows


def _between(run: ClassRun) -> str:
    """What both say half-way between the first class and the last."""
    regressed, softmax = run.regressed.examples[-1], run.softmax.examples[-1]
    where = ", ".join(f"{each:g}" for each in regressed.x)
    told = f"At ({where}) it says {regressed.output[0]:.2f}, which is class {regressed.predicted}"
    wrong = regressed.predicted in (1, 2)
    told += f", whose points are all near ({', '.join(map(str, CORNERS[regressed.predicted]))})" if wrong else ""
    outer = softmax.output[0] + softmax.output[3]
    return f"{told}; softmax divides {100 * outer:.1f} % of its belief between classes 0 and 3."


def _count_row(each: Count) -> dict[str, Any]:
    sizes = each.sizes
    terms = " + ".join(f"({inputs} + 1) · {outputs}" for inputs, outputs in pairwise(sizes))
    return {"network": "-".join(map(str, sizes)), "computed": terms, "parameters": f"{each.parameters:,}"}


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


def _boundaries(corners: Corners, arrays: dict[str, Array]) -> Figure:
    figure = Figure(figsize=(figures.WIDTH, 4.1))
    run = corners.runs[0]
    for axes, kind, title in zip(
        figure.subplots(1, 2), ("network", "line"), (f"network, {corners.hidden} hidden units", "line"), strict=True
    ):
        _plane(axes, arrays["corners.x"], arrays["corners.y"], COLOURS)
        logits = np.clip(arrays[f"corners.{kind}"], -1, 1)
        told = f"{title}: {sentences.percent(getattr(run, kind), 1)} % held out"
        axes.contourf(GRID, GRID, logits, levels=[-2, 0, 2], colors=COLOURS, alpha=0.22, zorder=1)
        if logits.min() < 0 < logits.max():
            axes.contour(GRID, GRID, logits, levels=[0], colors="#222222", linewidths=1.4, zorder=4)
        else:
            told += "; boundary outside"
        axes.grid(visible=False)
        axes.set_title(told)
    _legend(figure, COLOURS, ("XOR = 0", "XOR = 1"))
    return figure


def _class_losses(arrays: dict[str, Array]) -> Figure:
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


def _regions(run: ClassRun, arrays: dict[str, Array]) -> Figure:
    figure = Figure(figsize=(figures.WIDTH, 4.1))
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
        axes.set_title(f"{title}: {sentences.percent(getattr(run, kind).accuracy, 1)} %", fontsize=9)
    _legend(figure, FOUR, [f"class {k}" for k in range(4)])
    return figure
