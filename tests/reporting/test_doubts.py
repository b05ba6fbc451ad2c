"""Labels that nearly all runs are against, by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from madefour import add_scores
from madelab import LAB, Parameters, Told, page, told, write_page

from nnlabs.core import paths
from nnlabs.evaluation import outcomes
from nnlabs.reporting import doubts
from nnlabs.reporting.results import collect

Make = Callable[..., Parameters]
THREE = {"a": told(0.9, 0.9, 0.9, validation=0.9), "b": told(0.5, 0.5, 0.5, validation=0.5, own={"model": "cnn"})}


def shown(make_lab: Make, image: int | None = 0, variants: dict[str, Told] = THREE) -> Parameters:
    """A gallery of one mistake, a test image of the first class, and four that are right."""
    parameters = make_lab(variants)
    disc, ring, _ = collect(parameters).data["classes"]
    mistake = {"true": disc, "predicted": ring, "confidence": 0.9}
    right = {"true": disc, "predicted": disc, "confidence": 0.8}
    known = {} if image is None else {"image": image}
    add_scores("a", gallery=[mistake | known, *({**right, "image": 1} for _ in range(4))])
    return parameters


def vote(variant: str, *said: int) -> None:
    """What each seed of a variant says of the first test image."""
    path = outcomes.path(LAB, variant)
    rows = np.load(path)
    for row, each in zip(rows[1:], said, strict=True):
        row[0] = each
    np.save(path, rows)
    labels, predicted = rows[0].astype(int), rows[1:].astype(int)
    confusions = outcomes.Outcomes(labels, predicted).confusions(3).tolist()
    add_scores(variant, confusion=confusions)


@pytest.mark.parametrize(
    ("votes", "agree", "words"),
    [
        ((1, 1, 1, 1, 1, 1), 5, "All of them say *ring* where the label is *disc*. Where networks of 2 kinds agree"),
        ((1, 1, 1, 1, 1, 0), 4, "Nowhere do all of them"),
        ((1, 2, 2, 0, 0, 0), 0, "Nowhere do all of them"),
    ],
)
def test_how_many_other_runs_agree(make_lab: Make, votes: tuple[int, ...], agree: int, words: str) -> None:
    parameters = shown(make_lab)
    vote("a", *votes[:3])
    vote("b", *votes[3:])
    found = doubts.agreements(collect(parameters))
    assert {place: (each.agree, each.others) for place, each in found.items()} == {0: (agree, 5)}
    assert words in doubts.sentence(found) and "page's 5 other runs" in doubts.sentence(found)


def test_one_kind_of_network_says_nothing_of_labels(make_lab: Make) -> None:
    parameters = shown(make_lab, variants={"a": THREE["a"], "b": told(0.5, 0.5, 0.5, validation=0.5)})
    vote("a", 1, 1, 1)
    vote("b", 1, 1, 1)
    assert "networks of one kind, which share mistakes" in doubts.sentence(doubts.agreements(collect(parameters)))


def test_the_page_tells_it(make_lab: Make, tmp_path: Path) -> None:
    parameters = shown(make_lab)
    vote("a", 1, 1, 1)
    vote("b", 1, 1, 1)
    write_page(parameters)
    assert "only a look at it can tell. A confident mistake is sometimes the label's" in page()
    assert (tmp_path / "reports/figures/shapes/gallery.png").exists()


def test_nothing_is_told_of_images_that_are_not_known_or_few_runs_saw(make_lab: Make) -> None:
    assert doubts.agreements(collect(shown(make_lab, image=None))) == {}
    parameters = shown(make_lab)
    rows = np.load(path := outcomes.path(LAB, "b"))
    rows[0, -1] = 0 if rows[0, -1] else 1  # other test images
    rows[1:, -1] = rows[0, -1]
    np.save(path, rows)
    add_scores("b", confusion=outcomes.Outcomes(rows[0].astype(int), rows[1:].astype(int)).confusions(3).tolist())
    assert doubts.agreements(collect(parameters)) == {}
    assert doubts.sentence({}) == "" and paths.scores(LAB, "a").exists()
