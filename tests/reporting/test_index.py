"""The report's first page: an entry a lab, in groups, and the data."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from madelab import LAB, Parameters, Told, column, page, told, write_all, write_page, write_report

from nnlabs.core.files import write_json
from nnlabs.data.catalogue.licences import licence
from nnlabs.reporting import index, places

Make = Callable[..., Parameters]
TWO = {"a": told(0.80, 0.82, 0.81), "b": told(0.85, 0.88, 0.86, validation=0.9)}


def answered(**changes: Any) -> None:
    """Change what the lab's page has left."""
    write_json(places.answer(LAB), json.loads(places.answer(LAB).read_text()) | changes)


def test_an_entry_has_picture_title_question_and_answer(make_lab: Make) -> None:
    settings = make_lab(TWO, title="Round things", question="How round?")
    write_page(settings)
    answered(answer="Very round. So round.", figure="accuracy.svg", message='Round "b" & rounder')
    write_report(settings)
    text = page("README.md")
    assert "## Figures in the plane" in text
    picture = f'<a href="{LAB}.md"><img src="figures/{LAB}/accuracy.svg" width="200" '
    assert f'{picture}alt="Round &quot;b&quot; &amp; rounder"></a>\n\n' in text
    assert f"**[Round things]({LAB}.md)**. *How round?*\n\n{picture}" in text
    assert "></a>\n\nVery round. So round.\n" in text
    assert places.figures(LAB).joinpath("accuracy.svg").exists()


def test_an_answer_without_a_figure_has_no_picture(make_lab: Make) -> None:
    settings = make_lab(TWO)
    write_page(settings)
    answered(figure="", message="")
    write_report(settings)
    assert "<img" not in page("README.md")


def test_groups_come_as_the_labs_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_lab", lambda key: key)
    labs = [{"lab": lab, "group": group} for lab, group in ("aX", "bY", "cX")]
    assert [(each.name, each.labs) for each in index._groups(labs)] == [("X", ("a", "c")), ("Y", ("b",))]


def test_tables_are_narrow_and_licences_folded(make_lab: Make) -> None:
    write_all(make_lab(TWO))
    shown, folded = page("README.md").split("<details>")
    free = licence("mnist")
    for words in (free.url, free.citation, "0123456789abcdef"):
        assert words in folded and words not in shown
    (table,) = re.findall(r"(?:^\|.*\|\n)+", shown, re.M)
    assert column(table, "test") == ["30"]
    assert max(map(len, table.splitlines())) < 90


@pytest.mark.parametrize(("edition", "said"), [("embedded", True), ("original", True), ("single", False)])
def test_editions_are_spoken_of_where_a_set_has_two(make_lab: Make, edition: str, said: bool) -> None:
    write_all(make_lab(TWO, edition=edition))
    text = page("README.md")
    assert ("Edition: **" in text) == ("| edition |" in re.sub(" +", " ", text).replace("|  ", "| ")) == said
    assert "the only one" not in text
    assert ("[the other](../docs/data.md#two-editions)" in text) == said


@pytest.mark.parametrize(
    ("variants", "said", "silent"),
    [
        (TWO, (), ("recipes of these", "published recipe", "word vectors")),
        (
            {"dogs-some": told(0.8, name="Some"), "digits-cnn": told(0.9, name="CNN")},
            ("*Some* and *CNN* of [shapes](shapes.md)",),
            ("published",),
        ),
        ({"cifar10-record": told(0.8, name="Record")}, ("The rates of *Record* come from",), ("recipes of these",)),
    ],
    ids=str,
)
def test_what_was_seen_of_test_names_the_variants_that_there_are(
    make_lab: Make, variants: dict[str, Told], said: tuple[str, ...], silent: tuple[str, ...]
) -> None:
    write_all(make_lab(variants))
    text = page("README.md")
    assert "looked at once" not in text
    for words in said:
        assert words in text
    for words in silent:
        assert words not in text
