"""Charts of a trained lab: what is drawn is what was measured, and a variant looks the same in all of them."""

from collections.abc import Sequence
from math import ceil, isnan
from textwrap import fill, wrap
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlabs.reporting.figures import WIDTH, colours
from nnlabs.reporting.names import in_figure, short
from nnlabs.reporting.result import Result
from nnlabs.reporting.results import Results

WILD = 8
"""A loss so many times the median of its panel is not drawn on the same straight scale."""
LETTER = 0.072
"""Inches that a letter takes in the mean."""
PANEL = 24
"""Letters of a title that have room above one of four panels side by side."""


def accuracies(results: Results) -> Figure:
    """Test score of every variant: a point a seed, the mean with its 95 % interval; hollow where it is left out."""
    shown = list(results.shown.values())
    styles = colours(list(results.shown))
    figure = Figure(figsize=(WIDTH, 0.8 + 0.34 * len(shown)))
    axes = figure.add_subplot()
    for row, result in enumerate(shown):
        colour = styles[result.id]["color"]
        seeds = 100 * np.array(list(result.by_seed.values()))
        mean = seeds.mean()
        interval = 0 if isnan(result.interval) else 100 * result.interval
        low, high = max(mean - interval, 0), min(mean + interval, 100)  # of two seeds it may be wider than all there is
        face = colour if result.default else "white"
        axes.errorbar(
            mean,
            row,
            xerr=[[mean - low], [high - mean]] if interval else None,
            fmt="o",
            color=colour,
            markerfacecolor=face,
            markersize=6,
            capsize=3.5,
            zorder=3,
        )
        axes.plot(seeds, np.full(len(seeds), row), "|", color=colour, markersize=11, alpha=0.55)
        axes.annotate(
            f"{mean:.2f} %",
            (max(seeds.max(), high), row),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            color="#222222",
            fontsize=8.5,
        )
    axes.set_yticks(range(len(shown)), [_marked(result) for result in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.margins(x=0.12)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(f"test {results.score}, %")
    return figure


def _marked(result: Result) -> str:
    return result.name if result.default else f"{result.name}\n(not in the default run)"


def curves(results: Results, keys: Sequence[str]) -> Figure:
    """Loss and score by epoch; up to four variants of different colours share a panel, others get one each."""
    compared = [results.shown[key] for key in keys]
    styles = colours(list(results.shown))
    shown = {"loss": "cross-entropy loss", results.score_key: f"{results.score}, %"}
    if len(compared) > 4 or len({styles[key]["color"] for key in keys}) < len(keys):
        return _curves_apart(compared, styles, shown)
    figure = Figure(figsize=(WIDTH, 3.3))
    for axes, metric, label in zip(figure.subplots(1, 2), shown, shown.values(), strict=True):
        for result in compared:
            _draw(axes, result, metric, styles[result.id]["color"])
        axes.set_xlabel("epoch")
        axes.set_title(label)
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True, min_n_ticks=1))
    _losses_seen(figure.axes[0])
    figure.axes[1].margins(y=0.08)
    entries = [mpl.lines.Line2D([], [], color=styles[r.id]["color"], linewidth=2, label=r.name) for r in compared]
    figure.legend(handles=entries + _kinds(compared), loc="outside upper center", ncols=4, fontsize=8.5)
    return figure


def _curves_apart(compared: list[Result], styles: dict[str, dict[str, Any]], shown: dict[str, str]) -> Figure:
    columns = 4
    rows = ceil(len(compared) / columns)
    figure = Figure(figsize=(WIDTH, 4.0 * rows + 0.7))
    figure.legend(handles=_kinds(compared), loc="outside upper center", ncols=4, fontsize=8.5)
    halves = figure.subfigures(2, 1, squeeze=False).flat
    for half, metric, label in zip(halves, shown, shown.values(), strict=True):
        grid = list(half.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
        for axes, result in zip(grid, compared, strict=False):
            _draw(axes, result, metric, styles[result.id]["color"])
            axes.set_title(fill(result.name, PANEL), fontsize=8.5)
            axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(nbins=4, integer=True, min_n_ticks=1))
        for axes in grid[len(compared) :]:
            axes.remove()
        if metric == "loss":
            _losses_seen(*grid[: len(compared)])
        half.supylabel(label, fontsize=9)
        half.supxlabel("epoch", fontsize=9)
    return figure


def _losses_seen(*panels: Axes) -> None:
    """A log scale where one wild epoch would press all other losses of the panels onto the axis."""
    drawn = np.concatenate([np.asarray(line.get_ydata(), float) for axes in panels for line in axes.lines])
    if np.nanmax(drawn) < WILD * np.nanmedian(drawn) or np.nanmin(drawn) <= 0:
        return
    for axes in panels:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_locator(mpl.ticker.NullLocator())


KEPT: dict[str, Any] = {"marker": "D", "s": 26, "facecolors": "white", "linewidths": 1.3, "zorder": 4}


def _kinds(compared: list[Result]) -> list[Any]:
    """What the lines and marks of these variants mean."""
    line, grey = mpl.lines.Line2D, "#444444"
    kinds = [line([], [], color=grey, linewidth=1.6, linestyle=(0, (4, 2)), label="training (running), mean")]
    if any(result.validated for result in compared):
        kinds.insert(0, line([], [], color=grey, linewidth=2, label="validation, mean"))
        look: dict[str, Any] = {"marker": "D", "markersize": 5, "markerfacecolor": "white", "linestyle": "none"}
        kinds.append(line([], [], color=grey, label="kept epoch of a seed", **look))
    if any(len(result.last_epochs) > 1 for result in compared):
        kinds.append(line([], [], color=grey, linewidth=0.7, alpha=0.5, label="single seeds"))
    return kinds


def _draw(axes: Axes, result: Result, metric: str, colour: str) -> None:
    """The mean over seeds as far as every seed goes, each seed beyond it, and a mark at its kept epoch."""
    scale = 1 if metric == "loss" else 100
    for split, style, width in (("train", (0, (4, 2)), 1.6), ("validation", "-", 2.0)):
        if split == "validation" and not result.validated:
            continue
        table = result.by_epoch(f"{split}_{metric}") * scale  # epochs x seeds
        if table.shape[1] > 1:
            axes.plot(table.index, table.to_numpy(), color=colour, linewidth=0.6, alpha=0.35, linestyle=style)
        common = table.dropna()
        marker = "o" if len(table) == 1 else None  # a line of one point is not seen
        axes.plot(
            common.index,
            common.mean(axis=1),
            color=colour,
            linewidth=width,
            linestyle=style,
            marker=marker,
            markersize=3.5,
        )
        if split == "validation":
            at = result.kept_epochs
            axes.scatter(list(at.values()), [table.at[e, s] for s, e in at.items()], edgecolors=colour, **KEPT)


def confusion(result: Result, classes: Sequence[str]) -> Figure:
    """Which classes are taken for which, in percent of the true class."""
    counts = result.confusion.astype(float)
    share = 100 * counts / counts.sum(1, keepdims=True)
    k = len(classes)
    shown = short(classes)
    names = LETTER * max(map(len, shown))  # inches, along one side, and aslant along the other
    width = min(WIDTH, max(2.2, names) + 0.4 + 0.48 * k)
    figure = Figure(figsize=(width, min(max(2.0, names) + 0.4 * k, width - 0.35 * names + 0.8)))
    axes = figure.add_subplot()
    axes.imshow(share, cmap="Blues", vmin=0, vmax=100)
    for row in range(k):
        for column in range(k):
            value = share[row, column]
            if value >= 0.05 or row == column:
                text = f"{value:.0f}" if value >= 9.95 else f"{value:.1f}"
                axes.text(
                    column,
                    row,
                    text,
                    ha="center",
                    va="center",
                    fontsize=7.5,
                    color="white" if value > 55 else "#222222",
                )
    ticks = [in_figure(name) for name in shown]
    axes.set_xticks(range(k), ticks, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(k), ticks)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure


def gallery(images: NDArray[np.uint8], shown: list[dict[str, Any]], classes: Sequence[str]) -> Figure:
    """Test images with their true class, the predicted one and its probability."""
    called = dict(zip(classes, short(classes), strict=True))
    columns = 4
    rows = ceil(len(images) / columns)
    figure = Figure(figsize=(WIDTH, 2.05 * rows))
    grid = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes, image, what in zip(grid, images, shown, strict=False):
        right = what["true"] == what["predicted"]
        pixels = image.transpose(1, 2, 0)
        axes.imshow(pixels if pixels.shape[2] == 3 else pixels[..., 0], cmap="gray", vmin=0, vmax=255)
        colour = "#00725a" if right else "#b34700"
        sure = f"{what['confidence']:.0%}"
        true, predicted = called[what["true"]], called[what["predicted"]]
        lines = [f"{true}, {sure}"] if right else [f"{predicted}, {sure}", f"is {true}"]
        # a car's name is longer than its image is wide
        said = "\n".join(in_figure(part) for line in lines for part in wrap(line, 28))
        axes.set_title(said, loc="center", fontsize=8.5, color=colour, fontweight="normal")
    for axes in grid:
        axes.set_axis_off()
    return figure


def times(rows: list[dict[str, Any]]) -> Figure:
    """Seconds an epoch of every variant, with images a second and peak memory written beside."""
    figure = Figure(figsize=(WIDTH, 0.8 + 0.34 * len(rows)))
    axes = figure.add_subplot()
    styles = colours([row["id"] for row in rows])
    for i, row in enumerate(rows):
        axes.barh(i, row["seconds_per_epoch"], height=0.62, color=styles[row["id"]]["color"])
        text = f"{row['seconds_per_epoch']:.3g} s, {row['images_per_second']:,.0f} images/s, {row['memory']}"
        axes.annotate(
            text, (row["seconds_per_epoch"], i), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8.5
        )
    axes.set_yticks(range(len(rows)), [row["name"] for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 1.75 * max(row["seconds_per_epoch"] for row in rows))
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("seconds an epoch, validation included (median)")
    return figure


def accuracy_against_time(results: Results, ends: dict[str, dict[int, list[float]]]) -> Figure:
    """Validation score against training time so far; `ends` holds when the epochs of each variant's seeds ended."""
    figure = Figure(figsize=(WIDTH, 3.6))
    axes = figure.add_subplot()
    styles = colours(list(results.shown))
    for key, result in results.shown.items():
        if not result.validated:
            continue
        table = result.by_epoch(f"validation_{result.score}").dropna()  # as far as every seed goes
        elapsed = np.mean([ends[key][seed][: len(table)] for seed in table.columns], axis=0)
        score = 100 * table.mean(axis=1)
        marker = "o" if len(table) <= 12 else None
        axes.plot(elapsed, score, marker=marker, markersize=3, linewidth=1.6, label=result.name, **styles[key])
    axes.set_xscale("log")
    axes.set_xlabel("seconds of training, validation and features included (mean of the seeds, log scale)")
    axes.set_ylabel(f"validation {results.score}, %")
    low, high = axes.get_xlim()
    # the fewer powers of ten are in sight, the more ticks between them have a number
    between = "" if high > 100 * low else "25" if high > 10 * low else "123456789"
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(lambda value, _: f"{value:g}" if f"{value:e}"[0] in between else "")
    axes.grid(visible=True, which="minor", axis="x", color="#f2f2f2")
    if axes.lines:
        figure.legend(loc="outside right upper", fontsize=8.5)
    return figure
