"""Pages in a browser, as a forge shows them: `python tests/rendering/render.py OUT [PAGE ...]` makes pictures of them.

A page is Markdown first (`forge`) and MathJax afterwards, at the width of a forge's column and of a phone, light and
dark. It needs Chromium, Playwright's Python package, and MathJax from npm under `.nnlabs/forge`, as `.ci/run` puts it.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forge

MATHJAX = forge.ROOT / ".nnlabs/forge/node_modules/mathjax/es5/tex-svg.js"
BROWSERS = ("chromium", "google-chrome", "chromium-browser")
WIDTHS = (900, 390)
"""Pixels of the window."""
TABLE = 830
"""Pixels that a table may take in the wider one, which is what its column has."""

STYLE = """
body { margin: 0; padding: 32px 35px; font: 16px/1.5 "Liberation Sans", Arial, Helvetica, sans-serif;
  overflow-wrap: break-word; background: #fff; color: #1f2328 }
a { color: #0969da } hr { border: 0; border-top: 4px solid #d1d9e0 }
h1, h2 { padding-bottom: .3em; border-bottom: 1px solid #d1d9e0 }
img { max-width: 100% }
table { display: block; width: max-content; max-width: 100%; overflow: auto; border-collapse: collapse }
th, td { padding: 6px 13px; border: 1px solid #d1d9e0 }
code { padding: .2em .4em; font: 85% "Liberation Mono", monospace; white-space: break-spaces; background: #818b981f }
pre { padding: 16px; overflow: auto; line-height: 1.45; background: #818b981f }
pre code { padding: 0; white-space: pre; font-size: 85%; background: none }
blockquote { margin: 0 0 16px; padding: 0 1em; border-left: .25em solid #d1d9e0 }
@media (max-width: 767px) { body { padding: 16px } }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; color: #f0f6fc } a { color: #4493f8 }
  h1, h2, th, td, hr, blockquote { border-color: #3d444d } code, pre { background: #656c7633 }
}
"""
PAGE = """<!doctype html><html style="color-scheme: light dark"><head><meta charset="utf-8"><base href="{base}">
<style>{style}</style><script>
MathJax = {{ tex: {{ inlineMath: [["$", "$"]], packages: {{ "[-]": ["noerrors", "noundefined"] }} }} }};
</script>{mathjax}</head><body>{body}</body></html>"""
FOUND = r"""() => {
  const wide = document.documentElement.clientWidth;
  const told = each => `${each.tagName} in ${each.closest("p, li, td, body").innerText.slice(0, 60)}`;
  const all = (what, where = document) => [...where.querySelectorAll(what)];
  const out = each => each.getBoundingClientRect().right > wide + 0.5 && !each.parentElement.closest("table, pre, svg");
  const boxes = all("h1, h2, h3, p, pre, summary, table, img, li").filter(each => each.getClientRects().length);
  const upon = (one, other) => {
    if (one.contains(other) || other.contains(one)) return false;
    const [a, b] = [one, other].map(each => each.getBoundingClientRect());
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    return across > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  };
  const rgba = text => [...text.match(/[\d.]+/g).map(Number), 1].slice(0, 4);
  const light = ([r, g, b]) => [r, g, b].map(each => each / 255)
    .map(each => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4))
    .reduce((sum, each, i) => sum + each * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = light(rgba(getComputedStyle(document.body).backgroundColor));
  const contrast = each => {
    const own = light(rgba(getComputedStyle(each).color)), [low, high] = own < ground ? [own, ground] : [ground, own];
    return (high + 0.05) / (low + 0.05);
  };
  return {
    written: all("mjx-container").length,
    formulas: all("[data-mml-node=merror]").map(each => each.dataset.mjxError),
    tables: all("table").map(each => [each.scrollWidth, each.innerText.slice(0, 60)]),
    images: all("img").filter(each => !each.naturalWidth).map(each => each.getAttribute("src")),
    overflow: document.documentElement.scrollWidth - wide,
    over: all("img, svg, code, table, pre, p", document.body).filter(out).map(told),
    overlap: boxes.filter((each, i) => boxes.slice(i + 1, i + 6).some(other => upon(each, other))).map(told),
    faint: all("p, li, td, th, a, code, summary, h1, h2, h3").filter(each => contrast(each) < 4.5).map(told),
  };
}"""

FILLS = "(what) => what.map(each => getComputedStyle(document.querySelector(each)).fill)"


@dataclass(frozen=True)
class Look:
    """What is seen of a page at one width."""

    written: int
    """How many formulas were set."""
    formulas: list[str]
    """Those that MathJax cannot set, and why."""
    tables: list[tuple[int, str]]
    """Width of what each holds, and how it begins."""
    images: list[str]
    """Those that cannot be shown."""
    overflow: int
    """Pixels by which the page is wider than the window."""
    over: list[str]
    """What sticks out."""
    overlap: list[str]
    """What lies upon what comes after it."""
    faint: list[str]
    """Text that hardly stands out from the page: a contrast below 4.5, as WCAG 2 asks of body text."""


def missing() -> str:
    """What a look at pages lacks here; nothing where all is there."""
    if browser() is None:
        return "Chromium"
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "Playwright"
    return "" if MATHJAX.exists() else "MathJax"


def browser() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


class Window:
    """One page of one browser; every page of ours is loaded once, and looked at in several widths."""

    def __init__(self, page: Any, folder: Path) -> None:
        self._page = page
        self._file = folder / "page.html"

    def show(self, name: str) -> None:
        """Load a page, named from the project's folder, with all that is folded unfolded."""
        source = (forge.ROOT / name).read_text(encoding="utf-8")
        base = (forge.ROOT / name).parent.as_uri() + "/"
        body = forge.body(source).replace("<details>", "<details open>")
        mathjax = f'<script src="{MATHJAX.as_uri()}"></script>' if "$" in source else ""
        self._file.write_text(PAGE.format(base=base, style=STYLE, mathjax=mathjax, body=body), encoding="utf-8")
        self._page.set_viewport_size({"width": WIDTHS[0], "height": 800})
        self._page.goto(self._file.as_uri())
        if mathjax:
            self._page.evaluate("() => MathJax.startup.promise.then(() => 0)")

    def look(self, width: int, scheme: str = "light") -> Look:
        self._page.emulate_media(color_scheme=scheme)
        self._page.set_viewport_size({"width": width, "height": 800})
        return Look(**self._page.evaluate(FOUND))

    def fills(self, svg: str, what: list[str], scheme: str) -> list[str]:
        """What the first of each kind of element of a chart is filled with, as '#ffffff'."""
        self._page.emulate_media(color_scheme=scheme)
        self._page.set_content(svg[svg.index("<svg") :])
        found: list[str] = self._page.evaluate(FILLS, what)
        return ["#{:02x}{:02x}{:02x}".format(*map(int, re.findall(r"\d+", each)[:3])) for each in found]

    def picture(self, path: Path, width: int, scheme: str) -> None:
        self._page.emulate_media(color_scheme=scheme)
        self._page.set_viewport_size({"width": width, "height": 800})
        self._page.screenshot(path=path, full_page=True)


@contextmanager
def window() -> Iterator[Window]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        chromium = playwright.chromium.launch(executable_path=browser())
        yield Window(chromium.new_page(), Path(folder))
        chromium.close()


def main(out: Path, pages: list[str]) -> None:
    """Write a picture of each page, width and scheme."""
    out.mkdir(parents=True, exist_ok=True)
    with window() as shown:
        for page in pages:
            shown.show(page)
            for width in WIDTHS:
                print(page, shown.look(width))
                for scheme in ("light", "dark"):
                    shown.picture(out / f"{page.replace('/', '-')}-{width}-{scheme}.png", width, scheme)


if __name__ == "__main__":
    if lacks := missing():
        sys.exit(f"error: {lacks} is missing; .ci/run says how it is had")
    main(Path(sys.argv[1]), sys.argv[2:] or forge.pages())
