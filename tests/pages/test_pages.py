"""Every page in a browser, once, at two widths: formulas are set, nothing is wider than it may be."""

from collections.abc import Iterator
from pathlib import Path

import forge
import pytest
import render
from render import WIDTHS, Window

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
    assert narrow.overflow > 100 and [each[:3] for each in narrow.over] == ["IMG"]  # code and tables do not stick out
