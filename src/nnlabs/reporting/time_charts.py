"""Charts of a trained lab's time, for the page about its runs."""

from math import ceil
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlabs.reporting.charts import LABEL, height, legend_below, styles, wrapped
from nnlabs.reporting.figures import WIDTH
from nnlabs.reporting.result import Result
from nnlabs.reporting.results import Results


def brief(seconds: float) -> str:
    """Three digits, or all before the point: '0.0321', '12.3', '1,234'."""
    return f"{seconds:,.0f}" if seconds >= 100 else f"{seconds:.3g}"


def times(results: Results, rows: list[dict[str, Any]]) -> Figure:
    """Seconds an epoch of every variant, with images a second written beside."""
    names = [wrapped(row["name"], LABEL) for row in rows]
    figure = Figure(figsize=(WIDTH, height(names)))
    axes = figure.add_subplot()
    looks = styles(results)
    for i, row in enumerate(rows):
        seconds = row["seconds_per_epoch"]
        axes.barh(i, seconds, height=0.62, color=looks[row["id"]]["color"])
        text = f"{brief(seconds)} s, {row['images_per_second']:,.0f} images/s"
        axes.annotate(text, (seconds, i), xytext=(5, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(rows)), names)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 2.4 * max(row["seconds_per_epoch"] for row in rows))
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(nbins=5))
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("seconds per epoch, validation included\n(median)")
    return figure


def against_time(result: Result, ends: dict[int, list[float]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Seconds so far and validation score in percent by epoch, means over seeds, as far as every seed goes."""
    table = result.by_epoch(f"validation_{result.score}").dropna()
    elapsed = np.mean([ends[int(seed)][: len(table)] for seed in table.columns], axis=0)
    return elapsed, 100 * table.mean(axis=1).to_numpy()


def accuracy_against_time(results: Results, ends: dict[str, dict[int, list[float]]]) -> Figure:
    """Validation score against training time so far; `ends` holds when the epochs of each variant's seeds ended."""
    figure = Figure(figsize=(WIDTH, 3.4))
    axes = figure.add_subplot()
    looks = styles(results)
    for key, result in results.shown.items():
        if not result.validated:
            continue
        elapsed, score = against_time(result, ends[key])
        marker = "o" if len(score) <= 12 else None
        width = 2.6 if result is results.best else 1.6
        axes.plot(elapsed, score, marker=marker, markersize=3, linewidth=width, label=result.name, **looks[key])
    axes.set_xscale("log")
    axes.set_xlabel("seconds of training, validation and features included\n(mean of the seeds, log scale)")
    axes.set_ylabel(f"validation {results.score}, %")
    low, high = axes.get_xlim()
    # the fewer powers of ten are in sight, the more ticks between them have a number
    between = "" if high > 100 * low else "25" if high > 10 * low else "12357" if high > 3 * low else "123456789"
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(lambda value, _: f"{value:g}" if f"{value:e}"[0] in between else "")
    axes.grid(visible=True, which="minor", axis="x", color="#f2f2f2")
    if axes.lines:
        half = ceil(len(axes.lines) / 2)
        legend_below(figure, axes.lines[:half], axes.lines[half:])
    return figure
