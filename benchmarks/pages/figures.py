"""Figures of the benchmarks, from results.json alone."""

from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nnlabs.reporting.charts import LABEL, height, wrapped
from nnlabs.reporting.figures import PALETTE, WIDTH, save
from pages import deep as deep_page
from pages import words as words_page
from pages.byhand import TITLES
from pages.numbers import per_batch


def words(section: dict[str, Any], path: Path) -> None:
    """Words a second of every word2vec loop: the median, with the slowest and the fastest epoch."""
    rows = sorted(words_page.rates(section).items(), key=lambda row: -median(row[1]))
    titles = [wrapped(title, LABEL) for title, _ in rows]
    figure = Figure(figsize=(WIDTH, 0.2 + height(titles)))
    axes = figure.add_subplot()
    for i, (title, each) in enumerate(rows):
        middle = median(each)
        span = [[middle - min(each)], [max(each) - middle]]
        colour = PALETTE[0] if title.startswith("ours") else PALETTE[7]
        axes.barh(i, middle, height=0.62, color=colour, xerr=span, error_kw={"ecolor": "#222222", "capsize": 3})
        axes.annotate(f"{middle:,.0f}", (max(each), i), xytext=(6, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(rows)), titles)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.margins(x=0.3)
    axes.set_xlim(left=0)
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(lambda rate, _: f"{rate:,.0f}")
    axes.set_xlabel("words a second\n(median of the epochs, the slowest, the fastest)")
    save(figure, path, __name__)


def deep(section: dict[str, Any], path: Path) -> None:
    """Images a second of every deep network: the median, with the slowest and the fastest turn."""
    precisions = deep_page.precisions(section)
    figure = Figure(figsize=(WIDTH, 3.0 + 1.8 * len(precisions)))
    panels = figure.subplots(len(deep_page.TITLES), len(deep_page.MODES), sharey=True)
    labels = [f"{who}, {precision}" for precision in precisions for who in deep_page.WHO]
    for (case, title), row in zip(deep_page.TITLES.items(), panels, strict=True):
        for (mode, doing), axes in zip(deep_page.MODES.items(), row, strict=True):
            for i, (precision, who) in enumerate((p, w) for p in precisions for w in deep_page.WHO):
                each = deep_page.rates(section, mode, f"{who}, {case}, {precision}")
                middle = median(each)
                span = [[middle - min(each)], [max(each) - middle]]
                colour = PALETTE[0] if who == "ours" else PALETTE[7]
                axes.barh(i, middle, height=0.7, color=colour, xerr=span, error_kw={"ecolor": "#222222", "capsize": 3})
                axes.annotate(f"{middle:,.0f}", (max(each), i), xytext=(5, 0), textcoords="offset points", va="center")
            axes.set_title(f"{title.rpartition(', batch')[0]}\n{doing.lower()}")
            axes.set_yticks(range(len(labels)), labels)
            axes.set_ylim(len(labels) - 0.4, -0.6)
            axes.margins(x=0.5)
            axes.xaxis.set_major_locator(MaxNLocator(3))
            axes.set_xlim(left=0)
            axes.grid(axis="y", visible=False)
    figure.supxlabel("images a second", fontsize="medium")
    save(figure, path, __name__)


def byhand(section: dict[str, Any], path: Path) -> None:
    """Three bar charts: milliseconds a batch, seconds an epoch, peak memory."""
    batch = {key: 1e3 * median(values) for key, values in per_batch(section["batch"]).items() if key in TITLES}
    epoch = {key: median(values) / section["epoch"]["share"] for key, values in section["epoch"]["seconds"].items()}
    charts = {
        "ms a batch of 64 (log scale)": dict(sorted(batch.items(), key=lambda item: -item[1])),
        "seconds an epoch": dict(sorted(epoch.items(), key=lambda item: -item[1])),
        "peak memory, MB": dict(sorted(section["epoch"]["megabytes"].items(), key=lambda item: -item[1])),
    }
    figure = Figure(figsize=(WIDTH, 6.4))
    axes = figure.subplots(3, 1, height_ratios=[len(chart) for chart in charts.values()])
    for axis, (title, chart) in zip(axes, charts.items(), strict=True):
        names = [wrapped(TITLES[key], LABEL + 2) for key in chart]
        ours = [PALETTE[0] if key.startswith("ours") else PALETTE[7] for key in chart]
        bars = axis.barh(names, list(chart.values()), color=ours)
        axis.bar_label(bars, fmt="{:,.0f}" if "MB" in title else "{:,.1f}", padding=3)
        axis.set_title(title)
        axis.grid(axis="y", visible=False)
        axis.margins(x=0.2)
        if "log" in title:
            axis.set_xscale("log")
            axis.set_xlim(1, 3 * max(chart.values()))
    save(figure, path, __name__)


FIGURES: dict[str, tuple[str, Callable[[dict[str, Any], Path], None]]] = {
    "byhand": ("by-hand", byhand),
    "words": ("words", words),
    "deep": ("deep", deep),
}
"""A section's figure: its file's name, and what draws it."""
