"""Words and numbers of a page: plain English, and numbers as they are printed in a book."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import forge
import pytest

THINGS = "number|figure|score|row|value|panel|point|curve|image|page|file"
PRIVATE = {
    r"the only one": "say what there is one of",
    r"arms?": "a variant",
    r"stud(?:y|ies)": "a lab",
    r"training running": "training accuracy, measured during the epoch",
    rf"(?:a|one) (?:{THINGS}) an? (?!few\b|lot\b|time\b)[a-z]+": "for each",
    r"its every [a-z]+": "every ... of it",
    r"an epoch less": "one epoch fewer",
    r"(?:takes?|took|have|has|the) (?:first|second|third|last) places?": "ranks",
    r"the places are": "the positions are",
    r"looked at once": "'code never chooses on test'",
    r"would (?:probably )?have been found": "'differences beyond x are excluded'",
    r"effect size": "no d",
    r"the lecture(?! notebook)": "the course, or its notebook by name",
}
"""What a reader from outside cannot know the meaning of, or should not be told; and what to say."""
NUMBERS = {
    r"\d(?:\.\d+)?e[-+\N{MINUS SIGN}]?\d+": "3.5·10⁻¹⁶",
    r"(?<![\w.])[-\N{MINUS SIGN}]0(?:\.0+)?(?![\w.]|,\d)": "zero has no sign",
    r"(?<![\w)\]}.\N{EN DASH}-])-(?=\.?\d)": "a true minus sign",
    r"\d%": "a space before %",
}


def visible(text: str) -> str:
    """A page's words: no code, no formulas, no targets of links, no HTML, nothing of a template's language."""
    text = re.sub(r"\{%.*?%\}|\{#.*?#\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{\{.*?\}\}", "x", text, flags=re.DOTALL)
    text = re.sub(r"^(dvc|make|python|git) .*", "", text, flags=re.MULTILINE)  # of a template, put between fences later
    text = forge.FORMULA.sub(" ", forge.prose(text))
    text = re.sub(r"\]\([^)\s]*\)", "]", text)
    return re.sub(r"<[^>\n]*>|https?://\S+", " ", text)


def found(text: str, unwanted: dict[str, str], *, words: bool) -> list[str]:
    """Where something unwanted stands, with what to write in its place."""
    text = re.sub(r"\s*\n\s*", " ", text) if words else text
    edge = r"\b" if words else ""
    return [
        f"…{text[max(each.start() - 20, 0) : each.end() + 20]}…: {better}"
        for pattern, better in unwanted.items()
        for each in re.finditer(edge + pattern + edge, text, re.IGNORECASE)
    ]


def said(path: Path) -> Iterator[str]:
    """The strings of a module that are not its docstrings: some of them end up on pages."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
    for each in ast.walk(tree):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and id(each) not in told:
            yield each.value


HOUSE = forge.ROOT / "src/nnlabs"
BENCHMARKS = forge.ROOT / "benchmarks"
TEMPLATES = sorted(
    path.relative_to(forge.ROOT).as_posix() for folder in (HOUSE, BENCHMARKS) for path in folder.rglob("*.md.j2")
)
TOLD = sorted(path.relative_to(forge.ROOT).as_posix() for path in HOUSE.glob("labs/*/lab.yaml"))
MODULES = sorted(
    path.relative_to(forge.ROOT).as_posix()
    for path in [*HOUSE.glob("reporting/*.py"), *HOUSE.glob("labs/*/*.py"), *BENCHMARKS.glob("pages/*.py")]
)


@pytest.mark.parametrize("page", [page for page in forge.pages() if page.startswith(("reports/", "benchmarks/"))])
def test_a_page_has_no_private_words(page: str) -> None:
    assert not found(visible((forge.ROOT / page).read_text(encoding="utf-8")), PRIVATE, words=True)


@pytest.mark.parametrize("page", forge.pages())
def test_a_page_has_numbers_of_a_book(page: str) -> None:
    assert not found(visible((forge.ROOT / page).read_text(encoding="utf-8")), NUMBERS, words=False)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_has_no_private_words_and_numbers_of_a_book(template: str) -> None:
    text = visible((forge.ROOT / template).read_text(encoding="utf-8"))
    assert not found(text, PRIVATE, words=True)
    assert not found(text, NUMBERS, words=False)


@pytest.mark.parametrize("told", TOLD)
def test_what_a_lab_is_told_has_no_private_words(told: str) -> None:
    assert not found((forge.ROOT / told).read_text(encoding="utf-8"), PRIVATE, words=True)


@pytest.mark.parametrize("module", MODULES)
def test_sentences_in_code_have_no_private_words(module: str) -> None:
    assert not [each for text in said(forge.ROOT / module) for each in found(text, PRIVATE, words=True)]


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("to 3e-16", 1),
        ("1.59e+04 and 2.2E−5", 2),
        ("`3e-16` and $3e-16$, [3](x-3e-16.md)", 0),
        ("| -0.00000 | −0 | 0.0 |", 3),  # the first for two reasons
        ("−0.5 is no zero, nor −0,5", 0),
        ("(-5, -.5) and -3", 3),
        ("102%, 94.00 %, `50%`", 1),
        ("MLP 128-64-32, CIFAR-10, 2026-01-01, 3-4, x-1", 0),
        ("```\n-5 e-5\n```", 0),
    ],
)
def test_which_numbers_are_caught(text: str, n: int) -> None:
    assert len(found(visible(text), NUMBERS, words=False)) == n


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("Edition: the only one", 1),
        ("best of three arms; this study\nand the\nonly one", 3),
        ("armed, charm, studying, a number a day; a figure a few have", 1),
        ("{{ arms }} {% if study %}", 0),
        ("The lecture's MLP; the lecture notebook *Week 6*, the lectures", 1),
    ],
)
def test_which_words_are_caught(text: str, n: int) -> None:
    assert len(found(visible(text), PRIVATE, words=True)) == n
