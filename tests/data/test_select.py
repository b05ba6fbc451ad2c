"""Which images a dataset takes: groups in equal parts, strata of the origin, samples cut to fit."""

from typing import Any

import numpy as np
import pytest

from nnlabs.core.errors import UserError
from nnlabs.data.select import carve, groups, present, select
from nnlabs.data.settings import Chosen

ORIGIN = ("cat", "deer", "dog", "frog", "horse")
LABELS = np.repeat(np.arange(5), [40, 20, 30, 25, 60])


def settings(**changes: Any) -> Chosen:
    return Chosen.model_validate({"seed": 0, "validation": 0.2} | changes)


def taken(each: int | None, *, sample: bool = False, **changes: Any) -> np.ndarray:
    chosen = groups("made", settings(**changes), "cifar10", ORIGIN)
    return select("made", LABELS, chosen, each, np.random.default_rng(0), sample=sample)


WILD = {"dog": ["dog"], "wild": ["horse", "deer", "frog"]}


def test_a_group_has_equal_parts_of_its_classes() -> None:
    kept = taken(30, groups=WILD)
    assert np.bincount(LABELS[kept], minlength=5).tolist() == [0, 10, 30, 10, 10]
    assert (np.diff(kept) > 0).all()
    every = taken(None, groups=WILD)
    assert np.bincount(LABELS[every], minlength=5).tolist() == [0, 20, 30, 20, 20]


def test_validation_has_every_class_of_the_origin_in_its_share() -> None:
    kept = taken(30, groups=WILD)
    train, val = carve("datasets.made.validation", kept, LABELS, 0.2, 0)
    assert np.bincount(LABELS[val], minlength=5).tolist() == [0, 2, 6, 2, 2]
    assert sorted([*train, *val]) == kept.tolist()


@pytest.mark.parametrize(
    ("changes", "each", "said"),
    [
        ({"groups": WILD}, 20, r"20 images of wild are asked for; equal parts need a multiple of 3"),
        (
            {"groups": {"wild": ["horse", "deer"], "cat": ["cat"]}},
            42,
            r"21 images of a class are asked for; class 1 has 20",
        ),
        (
            {"groups": {"wild": ["wolf"], "cat": ["cat"]}},
            3,
            r"datasets\.made\.groups\.wild: 'wolf' is no class of cifar10",
        ),
        (
            {"classes": ["wolf", "cat"]},
            3,
            r"datasets\.made\.classes: 'wolf' is no class of cifar10; allowed: cat, deer",
        ),
        ({"classes": ["deer", "cat"]}, 21, r"21 images of a class are asked for; class 1 has 20"),
    ],
)
def test_what_the_origin_cannot_give_is_said(changes: dict[str, Any], each: int, said: str) -> None:
    with pytest.raises(UserError, match=said):
        taken(each, **changes)


def test_a_sample_gives_what_it_has() -> None:
    assert len(taken(1000, sample=True, classes=["deer", "cat"])) == 60
    kept = taken(1000, sample=True, groups=WILD)
    assert np.bincount(LABELS[kept], minlength=5).tolist() == [0, 20, 30, 20, 20]
    for wanted in (0.001, 0.999, 5000):
        train, val = carve("datasets.made.validation", kept, LABELS, wanted, 0, sample=True)
        assert {*LABELS[train]} == {*LABELS[val]} == {1, 2, 3, 4}
        assert len(train) + len(val) == len(kept)


def test_classes_that_a_sample_lacks_are_left_out() -> None:
    chosen = groups("made", settings(groups=WILD | {"cat": ["cat"]}), "cifar10", ORIGIN)
    parts = {"train": np.array([0, 0, 1, 1, 2, 3, 3]), "test": np.array([0, 1, 2, 2])}
    assert present("made", chosen, parts, {"train": 2, "test": 1}) == {"wild": [1], "cat": [0]}
    assert present("made", chosen, parts, {"train": 1, "test": 1}) == {"dog": [2], "wild": [1], "cat": [0]}
    # a third of the members is left, of which the number asked for is no multiple
    assert len(select("made", parts["train"], {"wild": [0, 1]}, 3, np.random.default_rng(0), sample=True)) == 2
    with pytest.raises(UserError, match="the sample has 1 classes with 2 of train, 1 of test images or more"):
        present("made", {"dog": [2], "cat": [0]}, parts, {"train": 2, "test": 1})
