"""Names of classes that a place takes for its own signs, or has no room or letters for."""

from collections.abc import Callable

import numpy as np
import pytest
from madelab import LAB, Parameters, cells, page, told, write_all

from nnlabs.core import paths
from nnlabs.reporting import charts
from nnlabs.reporting.names import LONGEST, in_code, in_figure, in_markdown, short, shortened
from nnlabs.reporting.results import collect

Make = Callable[..., Parameters]

LONG = "a very long name of " + "x" * 40
CUT = "a very long…xxxxxxxxxxx"
CHINESE = "猫和狗"
ODD = [
    "cost $5_ or $7",
    "$100_bill$",
    "dog|cat",
    "<b>x</b>",
    "*x*",
    "_y_",
    LONG,
    "Ёлка",
    CHINESE,
    "line\nbreak",
    "a\\b",
    "[c]`d`",
]


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("cost $5_ or $7", r"cost <span>$</span>5\_ or <span>$</span>7"),
        ("dog|cat", r"dog\|cat"),
        ("<b>x</b> & y", "&lt;b&gt;x&lt;/b&gt; &amp; y"),
        ("*x* `y` ~z~", r"\*x\* \`y\` \~z\~"),
        ("_y_ but aquarium_fish", r"\_y\_ but aquarium_fish"),
        ("[a](b)", r"\[a\](b)"),
        ("line\nbreak", "line break"),
        ("T-shirt/top, Ёлка 猫", "T-shirt/top, Ёлка 猫"),
    ],
)
def test_markdown_shows_a_name_as_it_is(name: str, escaped: str) -> None:
    assert in_markdown(name) == escaped


@pytest.mark.parametrize(("name", "code"), [("a b", "`a b`"), ("a`b", "`` a`b ``"), ("Chow ", "`Chow `")])
def test_code_shows_a_name_as_it_is(name: str, code: str) -> None:
    assert in_code(name) == code


def test_figures_have_names_that_fit_and_differ() -> None:
    twins = ["y" * 60 + "1" + "z" * 20, "y" * 60 + "2" + "z" * 20]
    names = [*ODD, *twins]
    shown = short(names)
    assert len(set(shown)) == len(names)
    assert all(len(name) <= LONGEST + 4 for name in shown)
    assert shown[ODD.index(CHINESE)] == "class 9"
    assert shown[ODD.index("Ёлка")] == "Ёлка"
    assert shown[ODD.index(LONG)] == CUT
    assert shortened(names).keys() == {"class 9", CUT, "line break", *shown[-2:]}


def test_a_page_of_odd_classes_is_whole(make_lab: Make) -> None:
    parameters = make_lab({"a": told(0.8, 0.9)}, classes=ODD)
    write_all(parameters)  # a letter that the font lacks would be a warning, and that an error
    text = page()
    table = next(block for block in text.split("\n\n") if block.startswith("| class"))
    # a cell's escaped bar is none of the table's
    assert [row[0] for row in cells(table.replace(r"\|", "¦"))[1:]] == [
        in_markdown(name).replace(r"\|", "¦") for name in ODD
    ]
    assert f"*class 9* is {CHINESE}" in text
    assert f"*{CUT}* is {LONG}" in text
    assert "<b>" not in text
    for svg in (paths.REPORTS / "figures" / LAB).glob("*.svg"):
        assert "mathdefault" not in svg.read_text()


def test_a_dollar_in_a_figure_is_a_dollar(make_lab: Make) -> None:
    results = collect(make_lab({"a": told(0.8)}, classes=["$100_bill$", "b", "c"]))
    (axes,) = charts.confusion(results.pictured, results.data["classes"]).axes
    assert axes.get_yticklabels()[0].get_text() == in_figure("$100_bill$") == r"\$100_bill\$"
    images = np.zeros((5, 1, 6, 6), np.uint8)
    first = charts.gallery(images, results.pictured.scores.gallery, results.data["classes"]).axes[0]
    assert first.get_title() == "\\$100_bill\\$,\n50\N{NO-BREAK SPACE}%"
