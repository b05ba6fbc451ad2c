"""Figures of the benchmarks, from results.json alone."""

from pathlib import Path
from statistics import median
from typing import Any

from matplotlib.figure import Figure

from nnlabs.reporting.figures import PALETTE, WIDTH, save
from pages import deep as deep_page
from sections.deep import PRECISIONS

WHO = ("torchvision", "ours")


def words(section: dict[str, Any], path: Path) -> None:
    """Words a second of every word2vec loop: the median, with the slowest and the fastest epoch."""
    rates = {
        title: [section["words"][title] / seconds for seconds in each] for title, each in section["seconds"].items()
    }
    rows = sorted(rates.items(), key=lambda row: -median(row[1]))
    figure = Figure(figsize=(WIDTH, 0.9 + 0.36 * len(rows)))
    axes = figure.add_subplot()
    for i, (title, each) in enumerate(rows):
        middle = median(each)
        span = [[middle - min(each)], [max(each) - middle]]
        colour = PALETTE[0] if title.startswith("ours") else PALETTE[7]
        axes.barh(i, middle, height=0.62, color=colour, xerr=span, error_kw={"ecolor": "#222222", "capsize": 3})
        axes.annotate(
            f"{middle:,.0f}", (max(each), i), xytext=(6, 0), textcoords="offset points", va="center", fontsize=8.5
        )
    axes.set_yticks(range(len(rows)), [title for title, _ in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.margins(x=0.12)
    axes.set_xlim(left=0)
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_formatter(lambda rate, _: f"{rate:,.0f}")
    axes.set_xlabel("words a second (median of the epochs, with the slowest and the fastest)")
    save(figure, path)


def deep(section: dict[str, Any], path: Path) -> None:
    """Images a second of every deep network: the median, with the slowest and the fastest turn."""
    figure = Figure(figsize=(WIDTH, 4.2))
    panels = figure.subplots(len(deep_page.MODES), len(deep_page.TITLES), sharey=True)
    labels = [f"{who}, {precision}" for precision in PRECISIONS for who in WHO]
    for (mode, doing), row in zip(deep_page.MODES.items(), panels, strict=True):
        for (case, title), axes in zip(deep_page.TITLES.items(), row, strict=True):
            for i, (precision, who) in enumerate((p, w) for p in PRECISIONS for w in WHO):
                each = deep_page.rates(section, mode, f"{who}, {case}, {precision}")
                middle = median(each)
                span = [[middle - min(each)], [max(each) - middle]]
                colour = PALETTE[0] if who == "ours" else PALETTE[7]
                axes.barh(i, middle, height=0.7, color=colour, xerr=span, error_kw={"ecolor": "#222222", "capsize": 3})
                axes.annotate(
                    f"{middle:,.0f}", (max(each), i), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8
                )
            axes.set_title(f"{title.rpartition(', batch')[0]}\n{doing.lower()}")
            axes.set_yticks(range(len(labels)), labels)
            axes.set_ylim(len(labels) - 0.4, -0.6)
            axes.margins(x=0.28)
            axes.set_xlim(left=0)
            axes.grid(axis="y", visible=False)
    figure.supxlabel("images a second", fontsize=9)
    save(figure, path)
