"""The picture of the front page: four results of the report, each drawn for a look and not for reading."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from nnlabs.core import npy, paths
from nnlabs.core.errors import UserError, said
from nnlabs.reporting import figures
from nnlabs.reporting.figures import PALETTE
from nnlabs.reporting.tracked import read_json

Arrays = dict[str, NDArray[Any]]
TEXT, LINES = "#222222", "#666666"
"""As figures.STYLE has them."""
CORNERS = (-0.5, 1.5)
"""The square that xor's decision is known on."""
BOWL = ((-10.0, 2.5), (-2.0, 2.0))
"""Of the long bowl what is shown."""
WALKS = ("sgd", "momentum", "nesterov", "adam")
PHOTOGRAPHS = (3, 4)
"""Rows and columns."""
RIGHT, WRONG = PALETTE[2], PALETTE[1]


def draw(labs: Collection[Mapping[str, Any]]) -> Figure | None:
    """The picture, of those of the four labs that are there; None without any. `labs` are told as to the report."""
    told = {each["lab"]: each for each in labs}
    panels: list[Callable[[Axes], None]] = []
    if "xor" in told:
        panels.append(_decision)
    photographs = _photographs(told.values())
    if photographs:
        panels.append(lambda axes: _mosaic(axes, *photographs))
    if "descent" in told:
        panels.append(_paths)
    if "words" in told:
        panels.append(_words)
    if not panels:
        return None
    figure = Figure(figsize=(figures.WIDTH, 2.4 * ((len(panels) + 1) // 2)))
    grid = list(figure.subplots((len(panels) + 1) // 2, 2, squeeze=False).flat)
    for axes in grid:
        axes.set_axis_off()
    for axes, fill in zip(grid, panels, strict=False):
        fill(axes)
    return figure


def _arrays(lab: str) -> Arrays:
    path = paths.computed(lab) / "arrays.safetensors"
    try:
        return load_file(path)
    except (OSError, ValueError, SafetensorError) as error:
        raise UserError(f"{path} cannot be read ({said(error)}); `dvc repro compute@{lab}` makes it") from None


def _decision(axes: Axes) -> None:
    """What the network with a hidden layer says of each point of the plane, and the points."""
    arrays = _arrays("xor")
    logits, x, y = arrays["corners.network"], arrays["corners.x"][:300], arrays["corners.y"][:300]
    low, high = CORNERS
    at = np.linspace(low, high, len(logits))
    axes.contourf(at, at, np.clip(logits, -1, 1), levels=[-2, 0, 2], colors=PALETTE[:2], alpha=0.25)
    if logits.min() < 0 < logits.max():
        axes.contour(at, at, logits, levels=[0], colors=TEXT, linewidths=1.4)
    for k, marker in enumerate("os"):
        axes.plot(*x[y == k].T, marker, color=PALETTE[k], markersize=3, markeredgecolor="white", markeredgewidth=0.3)
    axes.set(xlim=CORNERS, ylim=CORNERS, aspect="equal")


def _photographs(labs: Collection[Mapping[str, Any]]) -> tuple[NDArray[np.uint8], list[dict[str, Any]]] | None:
    """Test images in colour with what was predicted of them: of the first variant that has enough of them."""
    for lab in labs:
        for each in lab["variants"]:
            key = each["id"]
            if not each["default"] or not paths.gallery(lab["lab"], key).exists():
                continue
            images = np.array(npy.mapped(paths.gallery(lab["lab"], key), "r"))
            if images.shape[1] == 3 and len(images) >= np.prod(PHOTOGRAPHS):
                return images, read_json(paths.scores(lab["lab"], key), f"evaluate@{key}")["gallery"]
    return None


def _mosaic(axes: Axes, images: NDArray[np.uint8], told: list[dict[str, Any]]) -> None:
    """Photographs in a square, each in a frame: green where the network is right."""
    rows, columns = PHOTOGRAPHS
    size, gap = images.shape[-1], max(images.shape[-1] // 8, 1)
    step = size + gap
    for i, (image, what) in enumerate(zip(images[: rows * columns], told, strict=False)):
        x, y = i % columns * step, i // columns * step
        axes.imshow(image.transpose(1, 2, 0), extent=(x, x + size, y + size, y), interpolation="nearest")
        colour = RIGHT if what["true"] == what["predicted"] else WRONG
        axes.plot(*np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]).T * size + [[x], [y]], color=colour, linewidth=2)
    axes.set(xlim=(-gap, columns * step), ylim=(rows * step, -gap), aspect="equal")


def _paths(axes: Axes) -> None:
    """Walks down a long bowl, each from its start to the star."""
    arrays = _arrays("descent")
    formula = read_json(paths.computed("descent") / "results.json", "compute@descent")["results"]["functions"][
        "quadratic"
    ]
    (left, right), (low, high) = BOWL
    steeper = re.search(r"\+ ([\d.]+) y\^2", formula["formula"])
    if steeper:
        x, y = np.meshgrid(np.linspace(left, right, 120), np.linspace(low, high, 120))
        height = (x**2 + float(steeper[1]) * y**2) / 2
        levels = np.linspace(0.02, 1, 12) ** 2 * height.max()
        axes.contour(x, y, height, levels=levels, colors=LINES, linewidths=0.5, alpha=0.6)
    for i, name in enumerate(WALKS):
        path = arrays.get(f"quadratic.{name}.path", np.empty((0, 2)))  # params.yaml may do without
        axes.plot(*path.T, "o-", color=PALETTE[i], markersize=2.6, linewidth=1.2)
    axes.plot(0, 0, "*", color=TEXT, markersize=11, zorder=4)
    axes.set(xlim=(left, right), ylim=(low, high))


def _words(axes: Axes) -> None:
    """Word vectors on a plane, a colour a group, and the group's name in its middle."""
    groups = read_json(paths.computed("words") / "results.json", "compute@words")["results"]["groups"]
    places, start = _arrays("words")["map"], 0
    middle = np.median(places[:, 1])
    for i, each in enumerate(groups):
        own = places[start : start + len(each["words"])]
        start += len(each["words"])
        axes.plot(*own.T, "o", color=PALETTE[i % len(PALETTE)], markersize=5)
        above = np.median(own[:, 1]) > middle  # names stand outside of the crowd
        at = (np.median(own[:, 0]), own[:, 1].max() if above else own[:, 1].min())
        offset, alignment = (5, "bottom") if above else (-5, "top")
        axes.annotate(
            each["group"], at, xytext=(0, offset), textcoords="offset points", ha="center", va=alignment, color=TEXT
        )
    axes.margins(0.16)
