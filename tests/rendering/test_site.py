"""The site of `make site`: links lead somewhere, formulas are drawn, nothing asks a network."""

import importlib.util
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import forge
import pytest
import render

SOURCE = Path("docs/site")
SPHINX = ("-q", "-W", "--keep-going", "-E", "-c", str(SOURCE))


def python() -> str | None:
    """One that has what requirements-site.lock names: this, where `.ci/run` set it up, or that of `make site`."""
    if all(importlib.util.find_spec(each) for each in ("sphinx", "furo", "myst_parser", "ziamath")):
        return sys.executable
    own = Path(".venv-site/bin/python")
    return str(own) if own.exists() and Path(".venv-site/installed").exists() else None


@dataclass
class Page(HTMLParser):
    """What a page links to, what can be linked to in it, and what it loads by itself."""

    text: str
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    tags: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.tags[tag] += 1
        self.anchors |= {told[name] for name in ("id", "name") if name in told}
        if tag == "a" and "href" in told:
            self.links.append(told["href"])
        elif address := told.get("src") or (told.get("href") if tag == "link" else None):
            self.loaded.append(address)


@cache
def page(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    interpreter = python()
    if interpreter is None:
        pytest.skip("Sphinx is missing; requirements-site.lock has it")
    out = tmp_path_factory.mktemp("site")
    made = subprocess.run(
        [interpreter, "-m", "sphinx", *SPHINX, "-d", str(out / ".doctrees"), ".", str(out)],
        capture_output=True,
        text=True,
    )
    assert (made.returncode, made.stderr) == (0, "")
    return out


def own(site: Path) -> Iterator[Path]:
    """Pages that Sphinx made; those to play with have tests of their own."""
    found = [path for path in sorted(site.rglob("*.html")) if "play" not in path.relative_to(site).parts]
    assert len(found) > 50
    yield from found


def test_every_link_leads_somewhere(site: Path) -> None:
    dead = []
    for path in own(site):
        for link in {*page(path).links, *page(path).loaded}:
            parts = urlsplit(link)
            if parts.scheme or not (parts.path or parts.fragment):
                continue
            goal = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = goal.is_file() and goal.is_relative_to(site)
            anchor = unquote(parts.fragment)
            if not there or (anchor and goal.suffix == ".html" and anchor not in page(goal).anchors):
                dead.append((path.relative_to(site).as_posix(), link))
    assert dead == []


def test_nothing_is_loaded_from_a_network(site: Path) -> None:
    loaded = {address for path in own(site) for address in page(path).loaded}
    assert loaded and not [each for each in loaded if re.match("(https?:)?//", each)]
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert styles and not [each for each in styles if re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", each)]


@pytest.mark.parametrize("name", forge.pages())
def test_a_page_has_what_its_source_has(site: Path, name: str) -> None:
    source = Path(name).read_text(encoding="utf-8")
    made = page(site / Path(name).with_suffix(".html"))
    assert made.text.count('class="formula" role="img"') == len(forge.formulas(source))
    assert made.tags["details"] >= source.count("<details>")
    body = Page(forge.body(source))
    assert body.anchors <= made.anchors
    assert made.tags["table"] == body.tags["table"]


def test_the_reference_has_every_module() -> None:
    """And each once."""
    scratch = Path("src/nnlabs/scratch")
    modules = {
        ".".join(path.relative_to("src").with_suffix("").parts).removesuffix(".__init__")
        for path in scratch.rglob("*.py")
        if path != scratch / "__init__.py"
    }
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(SOURCE.glob("scratch/*.rst")))
    assert Counter(re.findall(r"automodule:: (\S+)", text)) == Counter(modules)


def test_every_page_to_play_with_is_linked() -> None:
    text = (SOURCE / "play.md").read_text(encoding="utf-8")
    linked = re.findall(r"reports/play/(\w+\.html)", text)
    assert sorted(linked) == sorted(path.name for path in Path("reports/play").glob("*.html"))


@pytest.mark.skipif(render.browser() is None or not importlib.util.find_spec("playwright"), reason="no browser")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_searched_and_read_from_a_file(site: Path, scheme: str) -> None:
    from playwright.sync_api import sync_playwright

    said: list[str] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=render.browser())
        shown = chromium.new_page(viewport={"width": 390, "height": 800}, color_scheme=scheme)
        shown.on("console", lambda message: said.append(message.text))
        shown.on("pageerror", lambda error: said.append(str(error)))
        shown.on(
            "request", lambda request: said.extend([request.url] * (not request.url.startswith(("file:", "data:"))))
        )
        shown.goto((site / "search.html").as_uri() + "?q=nesterov")
        found = shown.locator("ul.search li a")
        found.first.wait_for()
        assert found.count() > 2
        found.first.click()
        shown.goto((site / "reports/digits.html").as_uri())
        assert shown.evaluate("document.documentElement.scrollWidth") <= 390
        ground = shown.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}[scheme]
        assert shown.evaluate("getComputedStyle(document.querySelector('article img')).colorScheme") == scheme
        chromium.close()
    assert said == []
