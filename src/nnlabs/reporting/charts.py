"""Charts of a trained lab: what is drawn is what was measured, and a variant looks the same in all of them."""

from collections.abc import Mapping, Sequence
from math import ceil, isnan
from textwrap import wrap
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlabs.reporting.figures import PALETTE, WIDTH, colours
from nnlabs.reporting.names import in_figure, short
from nnlabs.reporting.result import Result
from nnlabs.reporting.results import Results
from nnlabs.reporting.sentences import percent

WILD = 8
"""A loss so many times the median of its panel is not drawn on the same straight scale."""
LETTER = 0.085
"""Inches that a letter takes in the mean."""
LABEL, ENTRY, TITLE = 19, 26, 48
"""Letters of a name that have room in one line beside an axis, in one of two columns of a legend, above two panels."""
SHARE = LinearSegmentedColormap.from_list("share", [(*mpl.colors.to_rgb(PALETTE[0]), alpha) for alpha in (0, 1)])
"""From the page's ground to blue."""


def styles(results: Results) -> dict[str, dict[str, Any]]:
    """Each variant's line style; the best is never the grey one."""
    ids = list(results.shown)
    best = ids.index(results.best.id) if results.best else 0
    if best % len(PALETTE) == len(PALETTE) - 1:
        ids[0], ids[best] = ids[best], ids[0]
    return colours(ids)


def accuracies(results: Results) -> Figure:
    """Test score of every variant: a point a seed, the mean with its 95 % interval; hollow where it is left out."""
    shown = list(results.shown.values())
    looks = styles(results)
    names = [_marked(result) for result in shown]
    figure = Figure(figsize=(WIDTH, height(names)))
    axes = figure.add_subplot()
    for row, result in enumerate(shown):
        colour = looks[result.id]["color"]
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
        )
    axes.set_yticks(range(len(shown)), names)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.margins(x=0.15)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(f"test {results.score}, %")
    return figure


def _marked(result: Result) -> str:
    """A variant's name beside an axis."""
    name = wrapped(result.name, LABEL)
    return name if result.default else f"{name}\n(not in the\ndefault run)"


def wrapped(name: str, letters: int) -> str:
    """The name in lines of so many letters, not parted at a hyphen."""
    return "\n".join(wrap(name, letters, break_on_hyphens=False))


def height(names: Sequence[str]) -> float:
    """Inches of a chart with a row for each of these names, which may have several lines."""
    return 0.8 + len(names) * (0.16 + 0.19 * max(name.count("\n") + 1 for name in names))


def curves(results: Results, keys: Sequence[str]) -> Figure:
    """Loss and score by epoch; up to four variants of different colours share a panel, others get one each."""
    compared = [results.shown[key] for key in keys]
    looks = styles(results)
    shown = {"loss": "cross-entropy loss", results.score_key: f"{results.score}, %"}
    if len(compared) > 4 or len({looks[key]["color"] for key in keys}) < len(keys):
        return _curves_apart(compared, looks, shown)
    names = [mpl.lines.Line2D([], [], color=looks[r.id]["color"], linewidth=2, label=r.name) for r in compared]
    figure = Figure(figsize=(WIDTH, 2.9))
    for axes, metric, label in zip(figure.subplots(1, 2), shown, shown.values(), strict=True):
        for result in compared:
            _draw(axes, result, metric, looks[result.id]["color"])
        axes.set_xlabel("epoch")
        axes.set_title(label)
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    _losses_seen(figure.axes[0])
    figure.axes[1].margins(y=0.08)
    legend_below(figure, names, _kinds(compared))
    return figure


def _curves_apart(compared: list[Result], looks: dict[str, dict[str, Any]], shown: dict[str, str]) -> Figure:
    """A row for each variant: its loss, and its score."""
    figure = Figure(figsize=(WIDTH, 0.5 + 1.35 * len(compared)))
    grid = figure.subplots(len(compared), 2, sharex=True, sharey="col", squeeze=False)
    for row, result in zip(grid, compared, strict=True):
        for axes, metric in zip(row, shown, strict=True):
            _draw(axes, result, metric, looks[result.id]["color"])
            axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(nbins=4, integer=True, min_n_ticks=1))
            axes.set_ylabel(metric if metric == "loss" else shown[metric])
        row[0].set_title(wrapped(result.name, TITLE))
    for axes in grid[-1]:
        axes.set_xlabel("epoch")
    _losses_seen(*grid[:, 0])
    kinds = _kinds(compared)
    legend_below(figure, kinds[: ceil(len(kinds) / 2)], kinds[ceil(len(kinds) / 2) :])
    return figure


def legend_below(figure: Figure, left: list[Any], right: list[Any]) -> None:
    """A legend of two columns under the panels, for which the figure grows."""
    for entry in left + right:
        entry.set_label(wrapped(str(entry.get_label()), ENTRY))
    rows = max(len(left), len(right))
    none = mpl.lines.Line2D([], [], linestyle="none", label=" ")
    columns = [each + [none] * (rows - len(each)) for each in (left, right)]
    lines = max(sum(str(entry.get_label()).count("\n") + 1 for entry in column) for column in columns)
    figure.set_figheight(figure.get_figheight() + 0.05 + 0.16 * lines + 0.07 * rows)
    figure.legend(handles=columns[0] + columns[1], loc="outside lower center", ncols=2, columnspacing=1.2)


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
    during = "training, during the epoch" + ", hard images alone where picked" * any(each.picked for each in compared)
    kinds = [line([], [], color=grey, linewidth=1.6, linestyle=(0, (4, 2)), label=during)]
    if any(result.validated for result in compared):
        kinds.insert(0, line([], [], color=grey, linewidth=2, label="validation"))
        look: dict[str, Any] = {"marker": "D", "markersize": 5, "markerfacecolor": "white", "linestyle": "none"}
        kinds.append(line([], [], color=grey, label="epoch kept of a seed", **look))
    if any(len(result.last_epochs) > 1 for result in compared):
        kinds.append(line([], [], color=grey, linewidth=0.7, alpha=0.5, label="thin: single seeds"))
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


CELL = 0.3
"""Inches of a cell that has room for a number."""
FULL = 85
"""From so many percent a cell is dark enough for white text, whatever the page's ground."""
PICTURE = 15
"""Letters of a title that have room above one of four images side by side."""


def confusion(result: Result, classes: Sequence[str]) -> Figure:
    """Which classes are taken for which, in percent of the true class."""
    counts = result.confusion.astype(float)
    share = 100 * counts / counts.sum(1, keepdims=True)
    k = len(classes)
    shown = short(classes)
    names = LETTER * max(map(len, shown))  # inches, along one side, and aslant along the other
    width = min(WIDTH, max(2.2, names) + 0.5 + 0.5 * k)
    cell = (width - names - 0.5) / k
    numbered = cell > CELL
    figure = Figure(figsize=(width, cell * k + 0.5 + (0.75 * names if numbered else names + 0.8)))
    axes = figure.add_subplot()
    image = axes.imshow(share, cmap=SHARE, vmin=0, vmax=100)
    for row, column in np.ndindex(k, k) if numbered else ():
        value = share[row, column]
        if value >= 0.05 or row == column:
            text = f"{value:.0f}" if value >= 9.95 else f"{value:.1f}"
            colour = "white" if value > FULL else "#222222"
            axes.text(column, row, text, ha="center", va="center", fontsize=10, color=colour)
    if not numbered:
        figure.colorbar(image, orientation="horizontal", shrink=0.8, label="percent of the true class")
    ticks = [in_figure(name) for name in shown]
    aslant = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if numbered else {"rotation": 90}
    axes.set_xticks(range(k), ticks, **aslant)
    axes.set_yticks(range(k), ticks)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure


def gallery(
    images: NDArray[np.uint8],
    shown: list[dict[str, Any]],
    classes: Sequence[str],
    further: Mapping[int, str] | None = None,
) -> Figure:
    """Test images with the predicted class, its probability and, of mistakes, the label, which may be wrong itself.

    `further` has one line more of some, by their place.
    """
    called = dict(zip(classes, short(classes), strict=True))
    columns = 4
    rows = ceil(len(images) / columns)
    figure = Figure(figsize=(WIDTH, 2.0 * rows))
    grid = list(figure.subplots(rows, columns, squeeze=False).flat)
    for place, (axes, image, what) in enumerate(zip(grid, images, shown, strict=False)):
        right = what["true"] == what["predicted"]
        pixels = image.transpose(1, 2, 0)
        axes.imshow(pixels if pixels.shape[2] == 3 else pixels[..., 0], cmap="gray", vmin=0, vmax=255)
        colour = "#00725a" if right else "#b34700"
        label, predicted = called[what["true"]], called[what["predicted"]]
        sure = percent(what["confidence"], 0) + "\N{NO-BREAK SPACE}%"
        lines = [f"{predicted}, {sure}"] + [f"label: {label}"] * (not right)
        lines += [further[place]] if further and place in further else []
        said = "\n".join(in_figure(part) for line in lines for part in wrap(line, PICTURE, break_on_hyphens=False))
        axes.set_title(said, loc="center", color=colour, fontweight="normal")
    for axes in grid:
        axes.set_axis_off()
    return figure
