"""What a page's source alone shows: formulas that Markdown leaves alone, links that lead somewhere, images with words,
charts with letters that can be read."""

import re
from pathlib import Path

import forge
import pytest

from lettering import faults

PAGES = forge.pages()
CHARTS = sorted(
    path.relative_to(forge.ROOT).as_posix()
    for folder in ("benchmarks", "reports", "docs")
    for path in (forge.ROOT / folder).rglob("*.svg")
)
BACKSLASH = re.compile(r"\\[!-/:-@\[-`{-~]")


def source(page: str) -> str:
    return (forge.ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_no_formula_has_a_backslash_before_punctuation(page: str) -> None:
    assert not [formula for formula in forge.formulas(source(page)) if BACKSLASH.search(formula)]


@pytest.mark.parametrize("page", PAGES)
def test_markdown_leaves_every_formula_alone(page: str) -> None:
    assert not list(forge.changed(source(page)))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    assert not list(forge.dead_links(page))


@pytest.mark.parametrize("page", PAGES)
def test_every_image_has_words(page: str) -> None:
    assert not list(forge.mute_images(page))


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_has_letters_that_can_be_read_and_follows_the_page_to_dark(chart: str) -> None:
    assert not faults(source(chart))
    assert "@media (prefers-color-scheme: dark)" in source(chart)


TEMPLATES = sorted(path.relative_to(forge.ROOT).as_posix() for path in (forge.ROOT / "src/nnlabs").rglob("*.md.j2"))


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_formula_of_a_template_has_a_backslash_before_punctuation(template: str) -> None:
    assert not [formula for formula in forge.formulas(source(template)) if BACKSLASH.search(formula)]


def test_what_a_formula_is() -> None:
    text = "a $x_1$ b `$no$` $$y\n= 2$$ costs <span>$</span>5\n\n```\n$code$\n```\n\n"
    text += "| $a_i$ | b |\n|---|---|\n| $c$, $d$ | |\n"
    assert forge.formulas(text) == ["x_1", "y\n= 2", "a_i", "c", "d"]


@pytest.mark.parametrize(
    ("formula", "left"),
    [
        (r"\frac{a}{b} \cdot x_1", True),
        (r"a < b, c > d & e", True),
        (r"\begin{pmatrix} 1 & 2 \cr 3 & 4 \end{pmatrix}", True),
        (r"1 \\ 2", False),
        (r"a \, b", False),
        (r"\{a\}", False),
        (r"a* b *c*", False),
        (r"_a_ + b", False),
    ],
)
def test_what_markdown_does_to_a_formula(formula: str, left: bool) -> None:
    assert list(forge.changed(f"It is ${formula}$.\n\n$$\n{formula}\n$$\n")) == (
        [] if left else [formula, f"\n{formula}\n"]
    )
    assert not list(forge.changed(f"```math\n{formula}\n```\n"))


def test_links_and_anchors_as_github_makes_them(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "b.md").write_text("# What's `new`, here?\n\n## Twice\n\n## Twice\n\n<a name='x'></a>\n")
    links = (
        "docs/b.md#whats-new-here",
        "docs/b.md#twice-1",
        "docs/b.md#x",
        "#a",
        "docs",
        "https://d2l.ai",
        "docs/b.md",
    )
    dead = ("docs/c.md", "docs/b.md#twice-2", "#b", "../..")
    text = (
        "# A\n\n"
        + " ".join(f"[to]({link})" for link in links + dead)
        + "\n\n![](docs/d.svg)\n\n<img src='e.png' alt=''>\n"
    )
    (tmp_path / "a.md").write_text(text)
    assert list(forge.dead_links("a.md", tmp_path)) == [*dead, "docs/d.svg", "e.png"]
    assert list(forge.mute_images("a.md", tmp_path)) == ["docs/d.svg", "e.png"]
