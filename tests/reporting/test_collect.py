"""What is read of the tracked files, and what is said where they are none of ours."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from madelab import CLASSES, DEFAULTS, LAB, told

from nnlabs import config as params
from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.reporting.collect import collect, differences, gallery, remove_stale, run_record

Make = Callable[..., params.Params]


def test_a_result_is_of_the_kept_runs_at_their_best_epochs(make_lab: Make) -> None:
    grid = {"lr_grid": [0.01, 0.1]}  # 0.1 was tried and rejected: its rows are in the file, all 0
    results = collect(LAB, make_lab({"a": told(0.7, 0.9, validation=0.8, training=0.75, own=grid)}))
    a = results.arms["a"]
    assert (a.test, a.validation, a.training) == pytest.approx((0.8, 0.8, 0.75))
    assert a.by_seed() == {0: 0.7, 1: 0.9}
    assert set(a.history["chosen"]) == {1}


def test_the_best_arm_is_the_best_on_validation_and_the_first_of_equals(make_lab: Make) -> None:
    arms = {"a": told(0.9, validation=0.7), "b": told(0.5, validation=0.8), "c": told(0.6, validation=0.8)}
    best = collect(LAB, make_lab(arms)).best
    assert best is not None and best.name == "b"


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        (("test", "accuracy", None, None), 80),
        (("test", "loss", None, None), 0.5),
        (("test", "accuracy", None, CLASSES.index("cross")), 90),  # 0.8 + 0.1
        (("train", "accuracy", 1, None), 60),  # 0.1 below the second epoch's 0.7
        (("train", "accuracy", None, None), 70),
        (("validation", "accuracy", 3, None), 65),
        (("validation", "loss", 3, None), 1 / 3),
        (("train", "loss", None, None), 1 / 2),
    ],
)
def test_a_measured_number_is_of_the_split_epoch_and_class_asked_for(
    make_lab: Make, asked: tuple[Any, ...], value: float
) -> None:
    arm = collect(LAB, make_lab({"a": told(0.7, 0.9, validation=0.75, training=0.7)})).arms["a"]
    assert arm.measured(*asked) == pytest.approx(value)


@pytest.mark.parametrize(
    ("own", "differs"),
    [
        ({}, {}),
        ({"epochs": DEFAULTS["epochs"], "lr": "1e-03"}, {}),
        ({"epochs": 9, "dropout": 0.5}, {"epochs": 9, "dropout": 0.5}),
        ({"activation": "relu"}, {}),
        ({"seeds": [4, 5]}, {"seeds": (4, 5)}),
        ({"lr_grid": [0.1, "1e-3"]}, {"lr": None, "lr_grid": (0.1, 0.001)}),
    ],
)
def test_differences_are_exactly_what_sets_an_arm_apart(
    make_lab: Make, own: dict[str, Any], differs: dict[str, Any]
) -> None:
    settings = make_lab({"a": told(0.7, 0.8, 0.9, own=own)})
    always = {"model": "mlp", "hidden": (1,)}
    assert differences(settings.arms["a"], settings.labs[LAB]) == always | differs


def test_a_default_that_dvc_wrote_as_a_string_is_still_the_default(make_lab: Make) -> None:
    settings = make_lab({"a": told(0.7, 0.8, 0.9)}, defaults=DEFAULTS | {"lr": "1e-05"})
    assert settings.arms["a"].lr == 1e-5
    assert "lr" not in differences(settings.arms["a"], settings.labs[LAB])


READ: dict[str, tuple[Callable[[], Path], str]] = {
    "provenance": (lambda: paths.provenance("made"), "data@made"),
    "metrics": (lambda: paths.metrics(LAB, "a"), "evaluate@a"),
    "history": (lambda: paths.history(LAB, "a"), "train@a"),
    "gallery": (lambda: paths.gallery(LAB, "a") / "images.npy", "evaluate@a"),
    "gallery's words": (lambda: paths.gallery(LAB, "a") / "predictions.json", "evaluate@a"),
    "run record": (lambda: paths.run_record(LAB, "a"), "train@a"),
}


@pytest.mark.parametrize("what", READ)
@pytest.mark.parametrize(
    "content", [None, b"", b"word", b"a,b\n1,2\n1,2,3\n", b"\xff\xfe\x00", b"\x93NUMPY\x01"], ids=str
)
def test_a_missing_or_damaged_file_is_one_line_that_names_its_stage(
    make_lab: Make, what: str, content: bytes | None
) -> None:
    settings = make_lab({"a": told(0.7, 0.8)})
    where, stage = READ[what]
    where().unlink()
    if content is not None:
        where().write_bytes(content)
    with pytest.raises(UserError, match=f"cannot be read.*dvc repro {stage}` makes it") as error:
        collect(LAB, settings)
        gallery(LAB, "a")
        run_record(LAB, "a")
    assert "\n" not in str(error.value)
    assert str(where() if what != "gallery" else where().parent) in str(error.value)


def test_objects_in_a_gallery_are_not_unpickled(make_lab: Make) -> None:
    make_lab({"a": told(0.7)})
    np.save(paths.gallery(LAB, "a") / "images.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match="cannot be read"):
        gallery(LAB, "a")


def test_only_files_of_removed_variants_of_this_lab_are_stale(make_lab: Make) -> None:
    def files() -> set[str]:
        return {str(file.relative_to(paths.REPORTS)) for file in paths.REPORTS.rglob("*") if file.is_file()}

    both = make_lab({"a": told(0.7), "a-b": told(0.8)})
    other = paths.metrics("other", "a")
    other.parent.mkdir()
    other.write_text("{}")
    before = files()
    remove_stale(LAB, both)
    assert files() == before
    remove_stale(LAB, both.model_copy(update={"arms": {"a": both.arms["a"]}}))
    assert before - files() == {
        f"history/{LAB}/a-b.csv",
        f"metrics/{LAB}/a-b.json",
        f"gallery/{LAB}/a-b/images.npy",
        f"gallery/{LAB}/a-b/predictions.json",
        f"run/{LAB}/a-b.json",
    }
