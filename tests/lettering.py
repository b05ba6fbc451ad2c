"""The letters of a chart, read from its SVG, where each line of text is drawn as glyphs: size, place, faults."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlabs.reporting import figures

SVG, HREF = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
POINTS = 10
"""Smaller letters are none."""
PIXELS, PHONE = 9, 358
"""Nor are lower ones on a phone of 390 pixels, whose page has so many for a figure."""
TOUCH = 0.5
"""Points by which the letters of two texts, or of one and the edge, may lie upon each other."""
READABLE: set[bytes] = set()
"""Hashes of the files whose letters are as they should be."""


@dataclass(frozen=True)
class Line:
    """One line of text."""

    text: str
    size: float
    """Points; exponents are smaller."""
    corners: NDArray[np.float64]
    """4 x 2: what its letters fill, in points from the chart's upper left corner."""


def faults(svg: str) -> list[str]:
    """What is wrong with a chart's letters: too small, upon each other, out of the chart. Nothing where all is well."""
    root = _parsed(svg)
    width, height = (float(each) for each in root.get("viewBox", "").split()[2:])
    pixels = min(4 / 3, PHONE / width)  # of a point
    found = []
    written = list(_lines(root))
    for line in written:
        if line.size < POINTS - 0.01 or line.size * pixels < PIXELS:
            found.append(f"{line.text!r} has {line.size:.3g} points, {line.size * pixels:.3g} pixels on a phone")
        if (line.corners < -TOUCH).any() or (line.corners > np.array([width, height]) + TOUCH).any():
            found.append(f"{line.text!r} is cut off")
    found += [f"{a.text!r} lies upon {b.text!r}" for a, b in combinations(written, 2) if _upon(a.corners, b.corners)]
    return found


@pytest.fixture(autouse=True)
def lettered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every figure that a test saves has letters that can be read, photographs' titles too.

    A file of bytes whose letters were read before is not looked at again.
    """
    save = figures.save

    def checked(figure: Figure, path: Path, module: str) -> None:
        save(figure, path, module)
        content = hashlib.sha256(path.read_bytes()).digest()
        if content not in READABLE:
            assert not faults(path.read_text(encoding="utf-8") if path.suffix == ".svg" else _drawn(figure)), path.name
            READABLE.add(content)

    monkeypatch.setattr(figures, "save", checked)


def _drawn(figure: Figure) -> str:
    svg = StringIO()
    figure.savefig(svg, format="svg")
    return svg.getvalue()


def lines(svg: str) -> list[Line]:
    """Every line of text that is drawn."""
    return list(_lines(_parsed(svg)))


def _parsed(svg: str) -> Any:
    return ET.fromstring(svg, ET.XMLParser(target=ET.TreeBuilder(insert_comments=True)))


def _lines(root: Any) -> Iterator[Line]:
    glyphs = {path.get("id"): _numbers(path.get("d")) for path in root.iter(f"{SVG}path") if path.get("transform")}
    for group in root.iter(f"{SVG}g"):
        text = ""
        for part in group if group.get("id", "").startswith("text_") else ():
            if part.tag is ET.Comment:
                text = str(part.text).strip()
            elif part.tag == f"{SVG}g":
                boxes = [_box(use, glyphs) for use in part.iter(f"{SVG}use") if len(glyphs[use.get(HREF)[1:]])]
                if boxes:
                    yield _line(text, part.get("transform"), np.concatenate(boxes))


def _line(text: str, transform: str, points: NDArray[np.float64]) -> Line:
    (low_x, low_y), (high_x, high_y) = points.min(0), points.max(0)
    corners = np.array([[low_x, low_y], [high_x, low_y], [high_x, high_y], [low_x, high_y]])
    matrix, shift = _transform(transform)
    return Line(text, 100 * float(np.sqrt(abs(np.linalg.det(matrix)))), corners @ matrix.T + shift)


def _box(use: Any, glyphs: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """A glyph's points in the units of its line: those of a font are 64 to one."""
    matrix, shift = _transform(use.get("transform", ""))
    return glyphs[use.get(HREF)[1:]] / 64 @ matrix.T + shift


def _transform(text: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The matrix and the shift of what SVG writes as `translate(x y) rotate(degrees) scale(x y)`."""
    matrix, shift = np.eye(2), np.zeros(2)
    for name, inside in re.findall(r"(\w+)\(([^)]*)\)", text):
        values = [float(each) for each in re.split(r"[ ,]+", inside)]
        if name == "translate":
            shift = shift + matrix @ [*values, 0.0][:2]
        elif name == "rotate":
            cos, sin = np.cos(np.radians(values[0])), np.sin(np.radians(values[0]))
            matrix = matrix @ np.array([[cos, -sin], [sin, cos]])
        elif name == "scale":
            matrix = matrix @ np.diag([values[0], values[-1]])
        else:
            raise ValueError(f"{name} in {text}")
    return matrix, shift


def _numbers(path: str | None) -> NDArray[np.float64]:
    """All points of a path, n x 2; those that bend a curve lie close enough."""
    return np.array(re.findall(r"-?[\d.]+", path or ""), float).reshape(-1, 2)


def _upon(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether two rectangles, however turned, share more than a touch: no line parts them."""
    for corners in (one, other):
        for edge in (corners[1] - corners[0], corners[2] - corners[1]):
            length = float(np.hypot(*edge))
            if not length:
                continue
            a, b = one @ edge / length, other @ edge / length
            if min(a.max(), b.max()) - max(a.min(), b.min()) <= TOUCH:
                return False
    return True
