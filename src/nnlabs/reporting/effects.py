"""What each change does: differences of test scores with their intervals, a row each, around zero."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from nnlabs.evaluation.statistics import Comparison
from nnlabs.reporting.figures import PALETTE, WIDTH
from nnlabs.reporting.sentences import listed, points

Rows = Mapping[str, Sequence[tuple[str, Comparison]]]
"""By a heading, each row's label and its comparison."""

ROW = 0.33
"""Inches from one row to the next."""


def chart(groups: Rows, score: str) -> Figure:
    """Filled where a difference is found, hollow where it is not; one that cannot be judged has no bar."""
    lines = sum(1 + len(rows) for rows in groups.values())
    figure = Figure(figsize=(WIDTH, 0.75 + ROW * lines))
    axes = figure.add_subplot()
    axes.axvline(0, color="#666666", linewidth=1)
    labels, y = [], 0
    for heading, rows in groups.items():
        labels.append(heading)
        y += 1
        for label, each in rows:
            labels.append(label)
            colour = PALETTE[2] if each.better else PALETTE[1] if each.worse else PALETTE[7]
            axes.errorbar(
                100 * each.difference,
                y,
                xerr=100 * each.interval if each.decidable else None,
                fmt="o",
                color=colour,
                markerfacecolor=colour if each.found else "none",
                markersize=7,
                capsize=3.5,
            )
            y += 1
    axes.set_yticks(range(lines), labels)
    for tick in axes.get_yticklabels():
        if tick.get_text() in groups:
            tick.set_fontweight("bold")
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(lines - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(f"difference in test {score}, points")
    return figure


def message(groups: Rows) -> str:
    """What the chart shows, for those who do not see it: 'sigmoid −0.60 points, found; tanh −0.22, not found'."""
    said = []
    for heading, rows in groups.items():
        each = [
            f"{label} {points(found.difference)}{'' if found.found else ' (not told from zero)'}"
            for label, found in rows
        ]
        if each:
            said.append(f"{heading}: {listed(each)} points")
    return "; ".join(said)


def named(groups: Mapping[str, Sequence[tuple[str, Comparison | None]]]) -> dict[str, list[tuple[str, Comparison]]]:
    """Without the rows, and then the headings, whose variants are not compared."""
    known = {heading: [(label, each) for label, each in rows if each] for heading, rows in groups.items()}
    return {heading: rows for heading, rows in known.items() if rows}
