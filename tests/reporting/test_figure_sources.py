"""Where a page's figures come from: what a figure's file says, and the links and the said of a page."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from madelab import LAB, Parameters, page, told, write_page
from matplotlib.figure import Figure

from nnlabs.core import paths
from nnlabs.reporting import figure_sources, figures, hashes, places

Make = Callable[..., Parameters]
TRAINED = "nnlabs.reporting.trained"
"""The module that saves the figures of a lab's page without any of its own."""


@pytest.mark.parametrize("name", ["drawn.svg", "drawn.png"])
def test_a_figure_says_which_module_saved_it(tmp_path: Path, name: str) -> None:
    figures.save(Figure(figsize=(1, 1)), tmp_path / name, TRAINED)
    assert figure_sources.source(tmp_path / name) == TRAINED


def test_every_figure_is_told_of_and_has_a_link_there(make_lab: Make) -> None:
    write_page(make_lab({"a": told(0.80, 0.82), "b": told(0.85, 0.88)}))
    text = page()
    shown = re.findall(r"^!\[[^]]*\]\((\S+?)\)(.*)$", text, re.M)
    assert len(shown) > 3
    assert {after for _, after in shown} == {" <sub>[source](#how-the-figures-were-made)</sub>"}
    said = text.split("### How the figures were made\n")[1].split("###")[0]
    drawn = sorted(path.name for path in places.figures(LAB).iterdir())
    assert re.findall(r"\[(\S+)\]\(figures/", said) == drawn
    assert f"- [`{TRAINED}`](../src/nnlabs/reporting/trained.py): [{drawn[0]}]" in said
    assert hashes.digests(paths.results(LAB))["dvc"] in said
    assert "`made` (sha256 `0123456789abcdef`)" in said
    assert f"dvc repro --force --single-item page@{LAB}" in said


def test_a_page_that_does_not_tell_has_no_links() -> None:
    text = "![A chart](figures/a/b.svg)\n"
    assert figure_sources.linked(text) == text
