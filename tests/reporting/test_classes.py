"""Classes: all of few, the best and the worst of many."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from madelab import CLASSES, LAB, Parameters, cells, column, told, write_page

from nnlabs.core import paths
from nnlabs.reporting import classes, places
from nnlabs.reporting.results import Result, Results, collect


@pytest.fixture
def results(make_lab: Callable[..., Parameters]) -> Callable[..., Results]:
    return lambda *arguments, **more: collect(make_lab(*arguments, **more))


def test_of_many_classes_the_worst_and_the_best_are_shown(results: Callable[..., Results]) -> None:
    names = [f"class {i}" for i in range(classes.MANY + 1)]
    lab = results({"a": told(0.6), "b": told(0.8, validation=0.9)}, classes=names)
    assert classes.many(lab)
    assert column(classes.worst(lab), "class") == names[:10]  # the later a class, the better
    assert column(classes.best(lab), "class") == names[::-1][:10]
    assert cells(classes.worst(lab))[1] == ["class 0", "50.0", "**70.0**"]


def test_nobody_is_best_at_a_class_that_no_variant_knows(results: Callable[..., Results]) -> None:
    lab = results({"a": told(0.1), "b": told(0.1)})  # the first class is 0.1 worse
    assert [row[1:] for row in cells(classes.table(lab))[1:]] == [
        ["0.0", "0.0"],
        ["**10.0**", "**10.0**"],
        ["**20.0**", "**20.0**"],
    ]


def confusing(result: Result, counts: list[list[int]]) -> Result:
    """The same with other mistakes, of one seed."""
    return replace(result, scores=replace(result.scores, confusion=[counts]))


def test_the_most_frequent_confusions_come_first(results: Callable[..., Results]) -> None:
    lab = results({"a": told(0.6)})
    # [[8, 1, 1], [0, 9, 1], [0, 0, 10]]: a tenth each
    assert cells(classes.confusions(lab.variants["a"], CLASSES))[1:] == [
        ["disc", "ring", "10.0", "0.0"],
        ["disc", "cross", "10.0", "0.0"],
        ["ring", "cross", "10.0", "0.0"],
    ]
    empty = [[6, 3, 1], [5, 5, 0], [0, 0, 0]]  # a class without test images
    assert cells(classes.confusions(confusing(lab.variants["a"], empty), CLASSES))[1:] == [
        ["ring", "disc", "50.0", "30.0"],
        ["disc", "ring", "30.0", "50.0"],
        ["disc", "cross", "10.0", "0.0"],
    ]
    none = confusing(lab.variants["a"], [[10, 0, 0], [0, 10, 0], [0, 0, 10]])
    assert classes.confusions(none, CLASSES) == "No image is taken for another class."


@pytest.mark.parametrize("n", [classes.MANY, classes.MANY + 1])
def test_the_matrix_gives_way_to_the_list(make_lab: Callable[..., Parameters], n: int) -> None:
    names = [f"class {i}" for i in range(n)]
    write_page(make_lab({"a": told(0.6, 0.7)}, classes=names))
    text = (paths.REPORTS / f"{LAB}.md").read_text()
    drawn = (places.figures(LAB) / "confusion.svg").exists()
    assert drawn == ("confusion.svg" in text) == (n == classes.MANY)
    assert ("most frequent confusions" in text) == (n > classes.MANY)
    assert ("| class 10 " in text) == (n == classes.MANY)  # neither among the ten worst nor the ten best of 21


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (
            [[5, 4, 1], [2, 8, 0], [0, 0, 10]],
            "The most frequent mistake is to take *disc* for *ring*: 40.0 % of the test images of *disc*; the other "
            "way round it is 20.0 % of those of *ring*.",
        ),
        (
            [[9, 0, 1], [0, 10, 0], [3, 0, 7]],
            "The most frequent mistake is to take *cross* for *disc*: 30.0 % of the test images of *cross*; the other "
            "way round it is 10.0 % of those of *disc*.",
        ),
        (
            [[7, 3, 0], [3, 7, 0], [0, 0, 10]],
            "The most frequent mistake is to take *disc* for *ring* and the other way round: 30.0 % of the test images "
            "of each.",
        ),
        (
            [[8, 1, 1], [0, 10, 0], [0, 0, 10]],
            "The most frequent mistake is to take *disc* for *ring*: 10.0 % of the test images of *disc*; the other "
            "way round it is 0.0 % of those of *ring*; 1 other mistake is as frequent.",
        ),
        ([[10, 0, 0], [0, 10, 0], [0, 0, 0]], "No image is taken for another class."),
    ],
    ids=["one way", "reversed", "both ways", "tied", "none"],
)
def test_the_most_frequent_mistake_is_told(results: Callable[..., Results], counts: list[list[int]], said: str) -> None:
    result = confusing(results({"a": told(0.6)}).variants["a"], counts)
    assert classes.mistake(result, CLASSES) == said
