"""The grid of rates, batch sizes and hidden sizes: its cells, what lies along rate / batch size, and its charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from matplotlib.figure import Figure

from nnlabs.reporting.figures import PALETTE, WIDTH
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.result import Result
from nnlabs.reporting.sentences import with_interval


@dataclass(frozen=True)
class Cell:
    """One variant of the grid."""

    rate: float
    batch: int
    hidden: int
    result: Result

    @property
    def pace(self) -> float:
        """Learning rate / batch size."""
        return self.rate / self.batch


def grid(found: Findings) -> list[Cell]:
    """The variants with one hidden layer, by pace and hidden size."""
    cells = [
        Cell(
            each.scores.lr[0], int(each.training["batch_size"]), int(each.scores.variant["network"]["hidden"][0]), each
        )
        for each in found.results.variants.values()
        if len(each.scores.variant["network"].get("hidden", ())) == 1 and not each.picked
    ]
    return sorted(cells, key=lambda cell: (cell.pace, cell.hidden))


@dataclass(frozen=True)
class Curve:
    """Test accuracy along rate / batch size, mean over the hidden sizes."""

    paces: tuple[float, ...]
    means: tuple[float, ...]

    @property
    def rising(self) -> bool:
        return len(self.means) > 1 and all(a < b for a, b in zip(self.means, self.means[1:], strict=False))


def curve(cells: Sequence[Cell]) -> Curve | None:
    """None without cells."""
    if not cells:
        return None
    places: dict[tuple[float, float, int], list[float]] = {}
    for cell in cells:
        places.setdefault((cell.pace, cell.rate, cell.batch), []).append(cell.result.test)
    return Curve(
        tuple(pace for pace, *_ in places),
        tuple(float(np.mean(each)) for each in places.values()),
    )


def pace_chart(cells: Sequence[Cell]) -> Figure:
    """Test accuracy against rate / batch size, a line a hidden size."""
    figure = Figure(figsize=(WIDTH, 3.4))
    axes = figure.add_subplot()
    sizes = sorted({cell.hidden for cell in cells})
    for at, size in enumerate(sizes):
        own = [cell for cell in cells if cell.hidden == size]
        halves = [0 if isnan(cell.result.interval) else 100 * cell.result.interval for cell in own]
        axes.errorbar(
            [cell.pace * 1.03**at for cell in own],  # beside each other, so that both intervals are seen
            [100 * cell.result.test for cell in own],
            yerr=halves,
            fmt="so"[at % 2] + "-",
            color=PALETTE[at % len(PALETTE)],
            capsize=3.5,
            label=f"{size} hidden units",
        )
    axes.set_xscale("log")
    low = min(cell.result.test - (0 if isnan(cell.result.interval) else cell.result.interval) for cell in cells)
    axes.set_ylim(bottom=100 * low - 2.5)
    for index, ((rate, batch), pace) in enumerate({(cell.rate, cell.batch): cell.pace for cell in cells}.items()):
        side = "left" if index == 0 else "right" if pace == max(cell.pace for cell in cells) else "center"
        axes.annotate(
            f"{rate:g} / {batch}",
            (pace, 0.02 + 0.08 * (index % 2)),
            xycoords=("data", "axes fraction"),
            ha=side,
            color="#444444",
        )
    axes.set_xlabel("learning rate / batch size")
    axes.set_ylabel("test accuracy, %")
    axes.legend(loc="upper left")
    return figure


def heat_map(cells: Sequence[Cell]) -> Figure:
    """A panel a hidden size: a row a learning rate, a column a batch size."""
    sizes = sorted({cell.hidden for cell in cells})
    rates, batches = sorted({cell.rate for cell in cells}), sorted({cell.batch for cell in cells})
    known = {(cell.hidden, cell.rate, cell.batch): cell.result for cell in cells}
    tests = [100 * cell.result.test for cell in cells]
    figure = Figure(figsize=(WIDTH, 0.95 + 0.62 * len(rates)))
    low, high = min(tests), max(tests)
    for axes, size in zip(figure.subplots(1, len(sizes), sharey=True, squeeze=False).flat, sizes, strict=True):
        table = np.full((len(rates), len(batches)), np.nan)
        for row, rate in enumerate(rates):
            for column, batch in enumerate(batches):
                if result := known.get((size, rate, batch)):
                    table[row, column] = 100 * result.test
                    dark = 100 * result.test > (low + high) / 2
                    axes.text(
                        column,
                        row,
                        with_interval(result.test, result.interval, 1),
                        ha="center",
                        va="center",
                        color="white" if dark else "#111111",
                    )
        axes.imshow(table, cmap="Blues", vmin=low - 0.4 * (high - low) - 0.1, vmax=high + 0.1, aspect="auto")
        axes.set_xticks(range(len(batches)), [str(each) for each in batches])
        axes.set_yticks(range(len(rates)), [f"{each:g}" for each in rates])
        axes.set_xlabel("batch size")
        axes.set_title(f"{size} hidden units")
        axes.grid(visible=False)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    figure.axes[0].set_ylabel("learning rate")
    return figure
