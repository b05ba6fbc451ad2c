"""A grid of input images, class by class."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlabs.reporting.figures import WIDTH
from nnlabs.reporting.names import in_figure, in_markdown, short
from nnlabs.reporting.sentences import capital, counted, listed

ACROSS = 10
"""Images side by side in the whole figure."""
NAMED = 10
"""So many classes are told by their names."""


def grid(images: NDArray[np.uint8], classes: Sequence[str]) -> Figure:
    """Images, n x C x H x W, those of a class beside each other under its name; `classes` has one name an image."""
    names = list(dict.fromkeys(classes))
    called = dict(zip(names, short(names), strict=True))
    each = max(classes.count(name) for name in names)
    columns = min(max(ACROSS // each, 1), len(names))
    rows = -(-len(names) // columns)
    width = WIDTH / columns
    height = 0.28 + min(width / each, 0.9)
    figure = Figure(figsize=(WIDTH, rows * height))
    grid = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes, name in zip(grid, names, strict=False):
        own = [image for image, of in zip(images, classes, strict=True) if of == name]
        axes.imshow(_row(own, each), cmap="gray", vmin=0, vmax=255)
        axes.set_title(in_figure(called[name]), loc="center", color="#222222", fontweight="normal")
    for axes in grid:
        axes.set_axis_off()
    return figure


def _row(images: Sequence[NDArray[np.uint8]], length: int) -> NDArray[np.uint8]:
    """Images side by side, a gap between them that shows the page: H x W' x 4."""
    height, width = images[0].shape[1:]
    gap = max(width // 14, 1)
    row = np.zeros((height, length * width + (length - 1) * gap, 4), np.uint8)
    for i, image in enumerate(images):
        place = slice(i * (width + gap), i * (width + gap) + width)
        row[:, place, :3] = image.transpose(1, 2, 0)  # one channel serves all three colours
        row[:, place, 3] = 255
    return row


def message(names: Sequence[str]) -> str:
    """What images there are, for those who do not see them; `names` has the class of each."""
    found = Counter(names)
    most = max(found.values(), default=0)
    some = "up to " if len(set(found.values())) > 1 else ""
    which = listed([in_markdown(name) for name in found]) if len(found) <= NAMED else f"{len(found)} classes"
    return f"{capital(some)}{counted(most, 'image')} each of {which}"
