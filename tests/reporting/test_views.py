"""What DVC shows of a lab: few numbers, validation first, and charts that add up."""

import csv
import json
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from madelab import LAB, Parameters, Told, compare, told, write_all, write_page

from nnlabs.reporting import classes, dvc_views, outputs, places
from nnlabs.reporting.results import Results, collect

Make = Callable[..., Parameters]
LEARNS = [(1.0, 0.6, 0.9, 0.5), (0.8, 0.7, 0.8, 0.6)]


@pytest.fixture
def results(make_lab: Make) -> Callable[..., Results]:
    return lambda *arguments, **more: collect(make_lab(*arguments, **more))


def rows(name: str) -> list[dict[str, str]]:
    with (places.plots(LAB) / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_variant_has_validation_to_choose_by_and_test_with_its_interval(results: Callable[..., Results]) -> None:
    lab = results(
        {"a": told(0.80, 0.84, 0.82), "b": told(0.9), "all": told(0.7, own={"fit": "train+validation"})},
        optional={"late": told(0.6, 0.6)},
    )
    assert dvc_views.metrics(lab) == {
        "a": {"validation": 80.0, "test": "82.00 ± 11.83"},
        "b": {"validation": 80.0, "test": "90.00"},
        "all": {"test": "70.00"},
        "late": {"validation": 80.0, "test": "60.00 ± 10.74"},
    }


def test_a_page_leaves_its_answer_metrics_and_plots(make_lab: Make) -> None:
    grid = {"lr_grid": [0.1, 0.01]}
    write_page(make_lab({"a": told(0.8, 0.8), "b": told(0.9, name="Best", own=grid)}, {"pair": compare("a", "b")}))
    answer = json.loads(places.answer(LAB).read_text())
    assert (answer["title"], answer["question"], answer["edition"]) == ("Shapes", "Which?", "embedded")
    assert {path.name for path in places.metrics(LAB).iterdir()} == {"a.json", "b.json"}
    assert json.loads((places.metrics(LAB) / "a.json").read_text()) == {"validation": 80.0, "test": "80.00 ± 10.74"}
    assert {path.name for path in places.plots(LAB).iterdir()} == {"validation.csv", "confusion.csv", "rates.csv"}
    assert rows("validation")[:2] == [
        {"epoch": "1", "validation": "70.0", "series": "a"},
        {"epoch": "2", "validation": "80.0", "series": "a"},
    ]
    assert rows("rates") == [
        {"rate": "0.01", "validation": "49.0", "series": "Best"},
        {"rate": "0.1", "validation": "40.0", "series": "Best"},
    ]


def test_what_a_removed_variant_left_is_gone(make_lab: Make) -> None:
    settings = make_lab({"a": told(0.8), "b": told(0.9, own={"lr_grid": [0.1, 0.2]})})
    write_all(settings)
    write_all(settings | {"variants": settings["variants"][:1]})
    assert {path.name for path in places.metrics(LAB).iterdir()} == {"a.json"}
    assert {path.name for path in places.plots(LAB).iterdir()} == {"validation.csv", "confusion.csv"}
    assert json.loads(places.seconds(LAB).read_text()) == {"seconds": 6.0}  # 1 + 2 + 3 of a's only seed


def test_curves_go_as_far_as_every_seed(results: Callable[..., Results]) -> None:
    longer = [*LEARNS, (0.5, 0.9, 0.8, 0.65)]
    lab = results({"a": Told({0: 0.7, 1: 0.7}, runs={0: LEARNS, 1: longer}, own={"epochs": 3})})
    assert [row["epoch"] for row in dvc_views.validation(lab)] == [1, 2]


def test_the_confusion_is_a_hundred_of_every_class(make_lab: Make) -> None:
    write_page(make_lab({"a": told(0.8, 0.9)}))
    # of ten images of each class: 8 1 1 / 0 9 1 / 0 0 10
    assert Counter((row["true"], row["predicted"]) for row in rows("confusion")) == {
        ("disc", "disc"): 80,
        ("disc", "ring"): 10,
        ("disc", "cross"): 10,
        ("ring", "ring"): 90,
        ("ring", "cross"): 10,
        ("cross", "cross"): 100,
    }


def test_of_many_classes_the_hardest_are_drawn(results: Callable[..., Results]) -> None:
    names = [f"class {i:02}" for i in range(classes.MANY + 5)]
    drawn = Counter(row["true"] for row in dvc_views.confusion(results({"a": told(0.6)}, classes=names)))
    assert drawn == dict.fromkeys(names[: classes.MANY], 100)  # the later a class, the better
    others = {row["predicted"] for row in dvc_views.confusion(results({"a": told(0.6)}, classes=names))}
    assert others == {*names[: classes.MANY], dvc_views.OTHER}


@pytest.mark.parametrize(
    ("counts", "parts"),
    [
        ([1, 1, 1], [34, 33, 33]),
        ([2, 1, 0], [67, 33, 0]),
        ([0, 0], [0, 0]),
        ([999, 1], [100, 0]),
        ([7], [100]),
        ([995, 5], [100, 0]),  # halves: the first of equals
    ],
)
def test_parts_of_a_hundred_add_up(counts: list[int], parts: list[int]) -> None:
    assert dvc_views.hundred(np.array(counts)) == parts


def test_a_lab_without_variants_has_its_folders_and_nothing_in_them(make_lab: Make) -> None:
    write_page(make_lab({"a": told(0.8)}) | {"variants": []})
    assert json.loads((places.metrics(LAB) / "none.json").read_text()) == {}
    assert [path.name for path in places.plots(LAB).iterdir()] == [".gitkeep"]


def test_what_was_written_before_is_replaced_whole(make_lab: Make) -> None:
    make_lab({"a": told(0.8)})
    outputs.write_metrics(LAB, {"likeness": {"value": 0.4}, "analogies": {"value": 8.9}})
    outputs.write_metrics(LAB, {"likeness": {"value": 0.5}})
    assert {path.name: json.loads(path.read_text()) for path in places.metrics(LAB).iterdir()} == {
        "likeness.json": {"value": 0.5}
    }
