"""What is read of the tracked files, and what is said where they are none of ours."""

import random
from collections.abc import Callable
from math import hypot
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from madelab import CLASSES, DEFAULTS, LAB, Parameters, told

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.evaluation import outcomes
from nnlabs.evaluation.outcomes import Outcomes
from nnlabs.evaluation.statistics import interval
from nnlabs.pipeline.torture.damage import damaged
from nnlabs.reporting.results import collect
from nnlabs.reporting.tracked import gallery, remove_stale, run_record

Make = Callable[..., Parameters]


def test_a_result_is_of_the_kept_runs_at_their_best_epochs(make_lab: Make) -> None:
    grid = {"lr_grid": [0.01, 0.1]}  # 0.1 was tried and rejected: its rows are in the file, all 0
    results = collect(make_lab({"a": told(0.7, 0.9, validation=0.8, training=0.75, own=grid)}))
    a = results.variants["a"]
    assert (a.test, a.validation, a.running) == pytest.approx((0.8, 0.8, 0.75))
    assert a.by_seed == {0: 0.7, 1: 0.9}
    assert set(a.history["chosen"]) == {1}


def test_the_best_variant_is_the_best_on_validation_and_the_first_of_equals(make_lab: Make) -> None:
    variants = {"a": told(0.9, validation=0.7), "b": told(0.5, validation=0.8), "c": told(0.6, validation=0.8)}
    best = collect(make_lab(variants)).best
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
    one = collect(make_lab({"a": told(0.7, 0.9, validation=0.75, training=0.7)})).variants["a"]
    assert one.measured(*asked) == pytest.approx(value)


@pytest.mark.parametrize(
    ("own", "differs"),
    [
        ({}, {}),
        ({"epochs": DEFAULTS["epochs"]}, {}),
        ({"epochs": 9, "dropout": 0.5}, {"epochs": 9, "dropout": 0.5}),
        ({"lr": None, "lr_grid": [0.1, 0.001]}, {"lr": None, "lr_grid": [0.1, 0.001]}),
    ],
)
def test_what_differs_is_what_was_trained_and_is_not_usual(
    make_lab: Make, own: dict[str, Any], differs: dict[str, Any]
) -> None:
    assert collect(make_lab({"a": told(0.7, 0.8, 0.9, own=own)})).variants["a"].differs == differs


READ: dict[str, tuple[Callable[[], Path], str]] = {
    "data": (lambda: paths.computed(LAB) / "results.json", f"compute@{LAB}"),
    "scores": (lambda: paths.scores(LAB, "a"), "evaluate@a"),
    "history": (lambda: paths.history(LAB, "a"), "train@a"),
    "gallery": (lambda: paths.gallery(LAB, "a"), "evaluate@a"),
    "outcomes": (lambda: outcomes.path(LAB, "a"), "evaluate@a"),
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
        collect(settings)
        gallery(LAB, "a")
        run_record(LAB, "a")
    assert "\n" not in str(error.value)
    assert str(where()) in str(error.value)


@pytest.mark.parametrize(
    "changed",
    [
        lambda told: Outcomes(told.labels, told.predicted[:1]),  # a seed is missing
        lambda told: Outcomes(told.labels[1:], told.predicted[:, 1:]),
        lambda told: Outcomes(told.labels, (told.predicted + 1) % 3),
        lambda told: Outcomes(told.labels, told.predicted + 200),  # classes that there are not
        lambda told: Outcomes(told.labels + 1, told.predicted),
    ],
)
def test_predictions_that_the_scores_do_not_count_are_refused(
    make_lab: Make, changed: Callable[[Outcomes], Outcomes]
) -> None:
    settings = make_lab({"a": told(0.7, 0.8)})
    path = outcomes.path(LAB, "a")
    changed(Outcomes.read(path)).write(path)
    with pytest.raises(UserError, match=r"cannot be read.*dvc repro evaluate@a` makes it"):
        collect(settings)


def test_damaged_predictions_are_refused_or_as_they_were(make_lab: Make) -> None:
    settings = make_lab({"a": told(0.7, 0.8)})
    path = outcomes.path(LAB, "a")
    content, whole = path.read_bytes(), Outcomes.read(path)
    for seed in range(200):
        path.write_bytes(damaged(content, random.Random(seed)))
        try:
            seen = collect(settings).variants["a"].outcomes
        except UserError as error:
            assert "`dvc repro evaluate@a` makes it" in str(error)
            continue
        assert seen is not None  # a byte of the header's padding
        assert (seen.labels == whole.labels).all() and (seen.predicted == whole.predicted).all()


def test_an_interval_counts_seeds_and_images(make_lab: Make) -> None:
    one = collect(make_lab({"a": told(0.8, 0.82, 0.84)})).variants["a"]
    # 27 of the 30 made images are right in all seeds: 1.959964 * sqrt(0.9 * 0.1 / 30) = 0.107352
    assert one.interval == pytest.approx(hypot(interval([0.8, 0.82, 0.84]), 0.107352), abs=1e-6)
    assert one.interval_of("accuracy") == one.interval
    # macro-F1 differs less from image to image than accuracy, of whose 1 and 0 it weighs the classes' parts
    assert interval([0.79, 0.81, 0.83]) < one.interval_of("macro_f1") < 2 * one.interval
    # a class: ten images each, and the mean 0.1 below, at and above
    halves = [hypot(interval([0.8, 0.82, 0.84]), 1.959964 * (p * (1 - p) / 10) ** 0.5) for p in (0.72, 0.82, 0.92)]
    assert one.class_interval == pytest.approx(halves, abs=1e-6)


def test_how_sure_runs_were_is_kept_by_seed(make_lab: Make) -> None:
    first, second = collect(make_lab({"a": told(0.7, 0.8)})).variants["a"].calibration
    assert (sum(first.images), first.right[-1], second.right[-1]) == (30, 0.7, 0.8)
    assert first.confidence[:7] == [None] * 7


def test_objects_in_a_gallery_are_not_unpickled(make_lab: Make) -> None:
    make_lab({"a": told(0.7)})
    np.save(paths.gallery(LAB, "a"), np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match="cannot be read"):
        gallery(LAB, "a")


def test_only_files_of_removed_variants_of_this_lab_are_stale(make_lab: Make) -> None:
    def files() -> set[str]:
        return {str(file.relative_to(paths.REPORTS)) for file in paths.REPORTS.rglob("*") if file.is_file()}

    make_lab({"a": told(0.7), "a-b": told(0.8)})
    other = paths.scores("other", "a")
    other.parent.mkdir(parents=True)
    other.write_text("{}")
    mine = paths.results(LAB) / "notes" / "mine.txt"
    mine.parent.mkdir()
    mine.touch()
    (paths.run_record(LAB, "a").parent / "notes.json").write_text('{"mine": 1}')
    (paths.run_record(LAB, "a").parent / "cut.json").write_text('{"mine')
    before = files()
    remove_stale(LAB, {"a", "a-b"})
    assert files() == before
    remove_stale(LAB, {"a"})
    assert before - files() == {
        f"results/{LAB}/a-b/history.csv",
        f"results/{LAB}/a-b/test/scores.json",
        f"results/{LAB}/a-b/test/gallery.npy",
        f"results/{LAB}/a-b/test/outcomes.npy",
        f"run/records/{LAB}/a-b.json",
    }
    assert not (paths.results(LAB) / "a-b").exists()
