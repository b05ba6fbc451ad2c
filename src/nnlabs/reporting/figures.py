"""Figures of a page: SVG charts and PNG photographs whose bytes depend on the numbers alone.

A chart has no ground of its own and follows the page to a dark one: `DARK` says what becomes of which colour. Text on a
filled cell must not follow, and does not where it is black or white. A photograph stands on a white card on every page.
"""

import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nnlabs.core.files import aside

# Okabe and Ito's palette, told apart by every common kind of colour vision; vermilion, orange and sky blue are a shade
# darker on white, and its yellow, too pale for a line there, gives way to grey.
PALETTE = ("#0072B2", "#B84A00", "#009E73", "#CC79A7", "#C28600", "#449CD2", "#000000", "#808080")
DASHES = ("-", "--", ":")
"""A ninth variant takes the first colour again, dashed."""

GROUND = {"light": "#ffffff", "dark": "#0d1117"}
"""What a page is taken to be; the white of a marker's face is the page's."""
DARK = {
    # text, axes, guide lines, from strong to faint
    "#000000": "#f0f3f6",
    "#222222": "#e6e9ec",
    "#444444": "#c3c9d0",
    "#666666": "#9aa2ab",
    "#777777": "#8b939c",
    "#bbbbbb": "#565d66",
    "#e6e6e6": "#2d333b",
    "#f2f2f2": "#1e242b",
    # data: a blue that letters can have, and the others as Okabe and Ito have them
    "#0072b2": "#2f8bd0",
    "#b84a00": "#d55e00",
    "#c28600": "#e69f00",
    "#449cd2": "#56b4e9",
}
"""Colours of a chart, and what they are on a dark page; every other one stays."""

STYLE: dict[Any, Any] = {
    "svg.hashsalt": "nnlabs",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": "#222222",
    "axes.facecolor": "none",
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
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
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


def save(figure: Figure, path: Path, module: str) -> None:
    """Write an SVG that follows the page from light to dark, or a PNG on a white card; neither has a date.

    `module` is the caller's `__name__`, which the file keeps: a page tells where its figures come from.
    """
    FigureCanvasAgg(figure)
    with aside(path) as beside:
        if path.suffix == ".svg":
            drawn = StringIO()
            figure.savefig(drawn, format="svg", metadata={"Date": None, "Source": module})
            beside.write_text(following(coarser(drawn.getvalue())), encoding="utf-8")
        else:
            known = {"Software": None, "Source": module}
            figure.savefig(beside, format="png", metadata=known, dpi=150, facecolor="white")


def coarser(svg: str) -> str:
    """The chart with its paths to a hundredth of a point, which nobody sees: a smaller file where curves are many."""
    return re.sub(r'(?<= d=")[^"]*', lambda path: re.sub(r"\d+\.\d{3,}", _rounded, path[0]), svg)


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def following(svg: str) -> str:
    """The chart with a style for dark pages.

    Matplotlib writes each colour into a `style` of its own, which only `!important` overrules, and leaves black fills
    out. White is a marker's face or edge and becomes the page's ground.
    """
    rules = [
        f'[style*="{part}: {light}"]{{{part}:{dark}!important}}'
        for light, dark in DARK.items()
        for part in ("fill", "stroke")
    ]
    black, white, ground = DARK["#000000"], GROUND["light"], GROUND["dark"]
    rules += [
        f'g>path:not([style*="fill: "]),use[style]:not([style*="fill: "]){{fill:{black}}}',  # bars, markers; no letters
        f'path[style*="fill: {white}"],use[style*="fill: {white}"]{{fill:{ground}!important}}',
        f'[style*="stroke: {white}"]{{stroke:{ground}!important}}',
    ]
    dark = "@media (prefers-color-scheme: dark){\n" + "\n".join(rules) + "\n}"
    return svg.replace("</style>", f"\n{dark}\n</style>", 1)
