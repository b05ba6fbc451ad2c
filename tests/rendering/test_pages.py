"""Every page in a browser, once, at two widths: formulas are set, nothing is wider than it may be."""

from collections.abc import Iterator
from pathlib import Path

import forge
import pytest
import render
from matplotlib.figure import Figure
from render import WIDTHS, Window

from nnlabs.reporting.figures import DARK, GROUND, STYLE, save

PAGES = forge.pages()
pytestmark = pytest.mark.skipif(bool(render.missing()), reason=f"{render.missing()} is not installed")


@pytest.fixture(scope="module")
def window() -> Iterator[Window]:
    with render.window() as shown:
        yield shown


@pytest.mark.parametrize("page", PAGES)
def test_a_page_holds_at_both_widths(window: Window, page: str) -> None:
    window.show(page)
    wide, narrow = (window.look(width) for width in WIDTHS)
    assert not wide.formulas
    assert wide.written == len(forge.formulas((forge.ROOT / page).read_text(encoding="utf-8")))
    assert not wide.images
    assert not [table for table in wide.tables if table[0] > render.TABLE]
    assert (wide.overflow, wide.over) == (narrow.overflow, narrow.over) == (0, [])
    dark = window.look(WIDTHS[1], "dark")
    assert [each.overlap + each.faint for each in (wide, narrow, dark)] == [[], [], []]


FILLED = ["#bar path", "#line g use", "#plain use", "#black use", "#white use"]


def test_a_chart_is_light_on_a_dark_page_but_for_text_on_cells(window: Window, tmp_path: Path) -> None:
    figure = Figure(figsize=(2.0, 1.0), layout="none")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    (bar,) = axes.bar(0, 1, color="#000000")
    bar.set_gid("bar")
    (line,) = axes.plot([0, 1], [0, 1], "o-", color="#000000", markerfacecolor="white")
    line.set_gid("line")
    for name, colour in (("plain", STYLE["text.color"]), ("black", "black"), ("white", "white")):
        figure.text(0.5, 0.5, "a", color=colour, gid=name)
    save(figure, tmp_path / "drawn.svg", __name__)
    svg = (tmp_path / "drawn.svg").read_text(encoding="utf-8")
    light, dark = (window.fills(svg, FILLED, scheme) for scheme in ("light", "dark"))
    assert light == ["#000000", "#ffffff", STYLE["text.color"], "#000000", "#ffffff"]
    assert dark == [DARK["#000000"], GROUND["dark"], DARK[STYLE["text.color"]], "#000000", "#ffffff"]


BAD = """# Bad

$$
\\nothing{x}
$$

And $x^2^3$, and $x_1$.

| a | b |
|---|---|
| %s | %s |

![none](none.svg)

`%s`

<img alt="wide" style="max-width: none; width: 500px" src="%s">

<p style="margin-top: -20px; color: #eee">Upon it</p>
"""


def test_what_is_wrong_is_seen(window: Window, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    (tmp_path / "bad.md").write_text(BAD % ("letters" * 30, "letters" * 30, "letters" * 30, "dot.svg"))
    monkeypatch.setattr(forge, "ROOT", tmp_path)
    window.show("bad.md")
    wide, narrow = (window.look(width) for width in WIDTHS)
    assert wide.formulas == ["Undefined control sequence \\nothing", "Double exponent: use braces to clarify"]
    assert wide.written == 3
    assert wide.tables[0][0] > render.TABLE and wide.images == ["none.svg"] and not wide.overflow
    assert len(wide.overlap) == 1 and [each[:4] for each in wide.faint] == ["P in"]
    assert window.look(WIDTHS[0], "dark").faint == []
    assert narrow.overflow > 100 and [each[:3] for each in narrow.over] == ["IMG"]  # code and tables do not stick out
