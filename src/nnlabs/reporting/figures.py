"""Figures of a page: SVG charts and PNG photographs whose bytes depend on the numbers alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nnlabs.core.files import aside

# Okabe and Ito's palette, told apart by every common kind of colour vision; its yellow, too pale
# for a line on white, gives way to grey.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
DASHES = ("-", "--", ":")
"""A ninth variant takes the first colour again, dashed."""

STYLE: dict[Any, Any] = {
    "svg.hashsalt": "nnlabs",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#666666",
    "axes.labelcolor": "#222222",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "legend.frameon": False,
    "figure.facecolor": "white",  # a white card is readable on a dark page too
    "savefig.facecolor": "white",
    "figure.constrained_layout.use": True,
}
mpl.rcParams.update(STYLE)

WIDTH = 5.4
"""Inches, 518 pixels; on a phone of 390 letters of 10 points are then 9 pixels high."""


def colours(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Each variant's line style: by its place in the lab, so that every figure of a page agrees."""
    return {
        name: {"color": PALETTE[i % len(PALETTE)], "linestyle": DASHES[i // len(PALETTE) % len(DASHES)]}
        for i, name in enumerate(names)
    }


def save(figure: Figure, path: Path) -> None:
    """Write an SVG or a PNG without a date."""
    FigureCanvasAgg(figure)
    with aside(path) as beside:
        metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
        figure.savefig(beside, format=path.suffix[1:], metadata=metadata, dpi=150)
