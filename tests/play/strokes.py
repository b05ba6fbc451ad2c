"""Digits as somebody would draw them: the middle of their ink as strokes of a pen, moved and scaled on the pad."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from nnlabs.scratch.arrays import Array
from play.inside import PAD

Stroke = list[tuple[int, int]]
"""Points of the pad, x to the right and y down."""
FINER = 4
"""Points a pixel of the image, between which its ink is interpolated: the middle is not bound to pixels."""
INK, SHARE, NEAR = 150, 0.6, 4
"""How dark ink is at least, of 255; where it is faint, this share of the darkest within so many pixels."""
PEN = 1.0
"""Of the ink's mean width at its middle."""
SHORT = 1.0
"""Pixels of the image: a branch that is shorter is a corner of the ink rather than a stroke."""
NEAREST, WIDTHS = 3, (4, 30)
"""Of the pad: pixels between points of a stroke at least, and the widths that its pen may have."""
AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
"""The eight neighbours, row and column, in a circle."""


def drawn(images: Array, seed: int = 0) -> list[tuple[list[Stroke], int]]:
    """For each image strokes on the pad, in another place and size, and the pen's width.

    The longer side takes a quarter of the pad to all of it. The pen is PEN times as wide as the ink is on average, made
    larger as the digit is, within what the page's slider allows.
    """
    rng = np.random.default_rng(seed)
    return [_placed(*middle(image), rng) for image in images]


def _placed(paths: list[Array], width: float, rng: np.random.Generator) -> tuple[list[Stroke], int]:
    points = np.concatenate(paths)
    low, size = points.min(0), np.ptp(points, axis=0)
    scale = rng.uniform(PAD / 4, PAD) / (size.max() + width)
    thick = round(float(np.clip(PEN * width * scale, *WIDTHS)))
    room = np.maximum(PAD - 1 - thick - size * scale, 0)
    at = thick / 2 + rng.uniform(0, 1, 2) * room
    return [_sampled((path - low) * scale + at) for path in paths], thick


def _sampled(path: Array) -> Stroke:
    """Points as the pad keeps them: whole pixels, at least some apart, as `pages/digits/pad.js` does it."""
    kept: Stroke = []
    for y, x in np.clip(np.rint(path), 0, PAD - 1).astype(int).tolist():
        if not kept or np.hypot(x - kept[-1][0], y - kept[-1][1]) >= NEAREST:
            kept.append((x, y))
    return kept


def middle(image: Array) -> tuple[list[Array], float]:
    """The middle of the ink as lines of points (row, column), and the mean width of the ink, in pixels of the image."""
    fine = ndimage.zoom(image.astype(float), FINER, order=1, grid_mode=True, mode="nearest")
    ink = fine > np.clip(SHARE * ndimage.maximum_filter(fine, NEAR * FINER), INK / 3, INK)
    thin = pruned(thinned(ink), SHORT * FINER)
    depth = ndimage.distance_transform_edt(ink)[thin]
    return [np.array(line) / FINER for line in lines(thin)], 2 * float(depth.mean()) / FINER


def thinned(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """One point wide, as connected as before (Zhang and Suen 1984)."""
    ink = np.pad(ink, 1)
    while True:
        before = ink.sum()
        for first in (True, False):
            around = np.stack([np.roll(ink, (-row, -column), (0, 1)) for row, column in AROUND]).astype(int)
            count, changes = around.sum(0), (np.diff(around, axis=0, append=around[:1]) == 1).sum(0)
            north, east, south, west = around[::2]
            ends = (north * east * south, east * south * west) if first else (north * east * west, north * south * west)
            ink = ink & ~((count >= 2) & (count <= 6) & (changes == 1) & (ends[0] == 0) & (ends[1] == 0))
        if ink.sum() == before:
            return ink[1:-1, 1:-1]


def _neighbours(points: set[tuple[int, int]], point: tuple[int, int]) -> list[tuple[int, int]]:
    """Those beside it, then those at its corners that are not beside one of these."""
    row, column = point
    beside = [at for i, j in AROUND[::2] if (at := (row + i, column + j)) in points]
    corners = [at for i, j in AROUND[1::2] if (at := (row + i, column + j)) in points]
    return beside + [at for at in corners if all(abs(at[0] - a) + abs(at[1] - b) > 1 for a, b in beside)]


def pruned(thin: NDArray[np.bool_], short: float) -> NDArray[np.bool_]:
    """Without branches of fewer points from an end to a crossing."""
    points = set(map(tuple, np.argwhere(thin).tolist()))
    for end in [each for each in points if len(_neighbours(points, each)) == 1]:
        branch, at = [end], end
        while len(on := [each for each in _neighbours(points, at) if each not in branch]) == 1:
            at = on[0]
            branch.append(at)
        if on and len(branch) <= short:  # it ends in a crossing
            points -= set(branch[:-1])
    kept = np.zeros_like(thin)
    kept[tuple(np.array(sorted(points)).T)] = True
    return kept


def lines(thin: NDArray[np.bool_]) -> Iterator[list[tuple[int, int]]]:
    """All of it as lines, from ends where there are any, each up to a point of another line or of its own beside it."""
    points = set(map(tuple, np.argwhere(thin).tolist()))
    beside = {each: _neighbours(points, each) for each in points}
    left = dict.fromkeys(sorted(points, key=lambda each: (len(beside[each]) != 1, each)))
    while left:
        line = [next(iter(left))]
        del left[line[0]]
        while on := [each for each in beside[line[-1]] if each in left]:
            line.append(on[0])
            del left[on[0]]
        near = line[:2] + line[-2:]
        first, last = ([each for each in beside[end] if each not in near] for end in (line[0], line[-1]))
        yield first[:1] + line + last[:1]
