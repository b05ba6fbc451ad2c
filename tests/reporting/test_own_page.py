"""What a trained lab's own folder adds to its page: `page.py` and `page.md.j2`, each part of which may be missing."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from madelab import LAB, Parameters, compare, page, told, without, write_page

from nnlabs.reporting import places, rendering
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.findings import Findings

Make = Callable[..., Parameters]
VARIANTS = {"a": told(0.60, 0.61, 0.62), "b": told(0.85, 0.88, 0.86, validation=0.9, name="Second")}
ASKED = {"pair": compare("a", "b"), "back": compare("b", "a")}
OWN = "made_page"


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModuleType]:
    """A lab's `page.py` with these functions."""

    def make(**functions: object) -> ModuleType:
        module = ModuleType(OWN)
        vars(module).update(functions)
        monkeypatch.setitem(sys.modules, OWN, module)
        return module

    return make


def answer(found: Findings) -> Answer:
    return Answer((f"{found.name('b')} reaches {found.reached('b')}.", "So.", "But."), "mine.svg", "What mine shows")


def draw(found: Findings, folder: Path) -> None:
    (folder / "mine.svg").write_text(f"<svg>{len(found.results.variants)}</svg>")


def test_the_answer_is_the_labs_own_on_its_page_and_in_the_index(
    make_lab: Make, own: Callable[..., ModuleType]
) -> None:
    own(answer=answer, draw=draw)
    write_page(make_lab(VARIANTS, ASKED, page=OWN))
    lead = page().split("## Answer")[1].split("##")[0]
    assert "*Second* reaches 86.3 ± 11.4 %. So. But." in lead
    assert f"![What mine shows](figures/{LAB}/mine.svg)" in lead
    assert (places.figures(LAB) / "mine.svg").read_text() == "<svg>2</svg>"
    row = json.loads(places.answer(LAB).read_text())
    assert (row["answer"], row["figure"]) == ("*Second* reaches 86.3 ± 11.4 %. So. But.", "mine.svg")


def test_notes_stand_after_the_figure_and_the_verdicts_of_their_section(
    make_lab: Make, own: Callable[..., ModuleType]
) -> None:
    own(notes=lambda found: {"pair": ["Because of this.", "And of that."]})
    write_page(make_lab(VARIANTS, ASKED, page=OWN))
    pair, back = page().split("## ('")[1:3]
    at = [pair.index(each) for each in ("curves-pair.svg", "is better than", "Because of this.\n\nAnd of that.")]
    assert at == sorted(at)
    assert "Because" not in back
    assert "Of 2 variants, *Second* has the highest" in page()  # what page.py does not say, the house does


def test_a_page_of_its_own_may_have_none_of_them(make_lab: Make, own: Callable[..., ModuleType]) -> None:
    settings = make_lab(VARIANTS, ASKED)
    write_page(settings)
    without_page = page()
    for functions in ({}, {"note": answer}):
        own(**functions)
        write_page(settings | {"page": OWN})
        assert page() == without_page


def test_without_variants_nothing_of_it_is_asked(make_lab: Make, own: Callable[..., ModuleType]) -> None:
    own(answer=answer, draw=draw, notes=lambda found: {"pair": [found.reached("b")]})
    write_page(without(make_lab(VARIANTS, ASKED, page=OWN), *VARIANTS))
    assert "No variant of this lab is in params.yaml." in page()


def test_the_template_fills_the_blocks_of_the_labs_page(make_lab: Make) -> None:
    name = f"{LAB}/filled.md.j2"  # templates are remembered by name, and other tests have one of the usual name
    settings = make_lab(VARIANTS, ASKED, template=name)
    (rendering.LABS / name).write_text(
        """{% extends "lab.md.j2" %}
{% block text %}## How it works

{{ found.name("b") }} has layers.{% endblock %}
{% block more %}## More{% endblock %}
{% block try %}Guess first.{% endblock %}
"""
    )
    write_page(settings)
    text = page()
    at = [
        text.index(each)
        for each in (
            "## Answer",
            "*Second* has layers.",
            "curves-pair.svg",
            "## More",
            "## Try it",
            "Guess first.",
            "<details>",
        )
    ]
    assert at == sorted(at)


def test_without_a_template_the_page_is_the_houses(make_lab: Make) -> None:
    write_page(make_lab(VARIANTS, ASKED, template=None))
    assert "## Answer" in page() and "Made." not in page() and "## Try it" not in page()
