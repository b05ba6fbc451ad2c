"""The reader of letters: what is small, cut off or upon another is found, and nothing else."""

from io import StringIO

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from lettering import faults, lines
from nnlabs.reporting.figures import STYLE, WIDTH

MIDDLE = {"ha": "center", "va": "center"}


def drawn(figure: Figure) -> str:
    FigureCanvasAgg(figure)
    svg = StringIO()
    figure.savefig(svg, format="svg")
    return svg.getvalue()


def chart(width: float = WIDTH) -> Figure:
    figure = Figure(figsize=(width, 2.0), layout="none")
    figure.text(0.5, 0.5, "in the middle", **MIDDLE)
    return figure


def test_one_text_has_its_size_and_place() -> None:
    (line,) = lines(drawn(chart()))
    assert line.text == "in the middle" and line.size == pytest.approx(STYLE["font.size"])
    assert line.corners.mean(0) == pytest.approx([194.4, 72], abs=1.5)  # of 388.8 x 144 points
    assert faults(drawn(chart())) == []


def test_letters_of_less_than_ten_points_are_small_and_so_are_those_of_a_wide_figure() -> None:
    figure = chart()
    figure.text(0.1, 0.1, "small", fontsize=9)
    figure.text(0.1, 0.8, "$10^{-3}$", fontsize=10)  # an exponent may be smaller
    assert faults(drawn(figure)) == ["'small' has 9 points, 8.29 pixels on a phone"]
    assert [each.split(" has")[0] for each in faults(drawn(chart(8.0)))] == ["'in the middle'"]


@pytest.mark.parametrize(
    ("x", "y", "turned", "found"),
    [
        (0.5, 0.55, 0, "'in the middle' lies upon 'another one'"),
        (0.5, 0.65, 0, None),
        (0.5, 0.5, 40, "'in the middle' lies upon 'another one'"),
        (0.37, 0.75, 40, None),  # their upright boxes meet, their letters do not
        (0.02, 0.2, 0, "'another one' is cut off"),
        (0.5, 0.99, 0, "'another one' is cut off"),
    ],
)
def test_texts_upon_each_other_or_cut_off_are_found(x: float, y: float, turned: float, found: str | None) -> None:
    figure = chart()
    figure.text(x, y, "another one", rotation=turned, **MIDDLE)
    assert faults(drawn(figure)) == ([found] if found else [])


def test_every_line_of_a_text_counts() -> None:
    figure = Figure(figsize=(WIDTH, 2.0), layout="none")
    figure.text(0.5, 0.5, "two\nlines", **MIDDLE)
    assert [line.text for line in lines(drawn(figure))] == ["two", "lines"]
    assert faults(drawn(figure)) == []
