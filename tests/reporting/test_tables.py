"""Tables: rectangular, and the right number in the right place."""

from collections.abc import Callable
from math import nan
from typing import Any

import pytest
from madelab import DEFAULTS, Parameters, cells, column, told

from nnlabs.core.errors import UserError
from nnlabs.evaluation.statistics import Comparison
from nnlabs.reporting import classes, score_tables, tables
from nnlabs.reporting.results import Results, collect
from nnlabs.reporting.sentences import span


@pytest.fixture
def results(make_lab: Callable[..., Parameters]) -> Callable[..., Results]:
    return lambda *arguments, **more: collect(make_lab(*arguments, **more))


def test_markdown_keeps_digits_and_aligns_numbers_to_the_right() -> None:
    text = tables.markdown([{"variant": "a", "x": "1.50"}, {"variant": "b", "x": 10}])
    assert cells(text) == [["variant", "x"], ["a", "1.50"], ["b", "10"]]
    left, right = text.splitlines()[1].split("|")[1:-1]
    assert left.startswith(":") and not left.endswith(":")
    assert right.endswith(":") and not right.startswith(":")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (1, "1"),
        (0.001, "0.001"),
        (1e-5, "1e-05"),
        ("adam", "adam"),
        ((16, 32), "[16, 32]"),
        ([0.1, [1]], "[0.1, [1]]"),
        ((), "[]"),
        ({"keep": 0.5, "network": {"hidden": (8,)}, "lr": None}, "{keep: 0.5, network: {hidden: [8]}}"),
    ],
)
def test_a_value_is_written_as_in_params(content: Any, said: str) -> None:
    assert tables.value(content) == said


def test_bold_goes_to_the_variant_chosen_on_validation_and_not_on_test(results: Callable[..., Results]) -> None:
    table = score_tables.accuracies(results({"a": told(0.9, 0.9), "b": told(0.6, 0.7, validation=0.9), "c": told(0.8)}))
    assert column(table, "variant") == ["a", "**b**", "c"]
    # b: over seeds 12.7062 * 0.1 / 2 = 0.6353 around 0.65, over images 0.1074
    assert column(table, "test accuracy, %") == ["90.00 ± 10.74", "**65.00 ± 64.43**", "80.00"]
    assert column(table, "validation, %") == ["80.00", "90.00", "80.00"]
    assert column(table, "training, %") == ["70.00"] * 3
    assert column(table, "test macro-F1, %") == ["89.00", "64.00", "79.00"]
    assert column(table, "seeds") == ["2", "2", "1"]
    assert column(table, "parameters") == ["1,234"] * 3


def test_variants_are_told_by_what_differs(results: Callable[..., Results]) -> None:
    dropout = {"dropout": 0.5, "epochs": DEFAULTS["epochs"], "lr_grid": None}
    variants = {"a": told(0.7, 0.8, 0.9), "b": told(0.7, 0.8, 0.9, own=dropout, name="With dropout")}
    _, *rows = cells(score_tables.variants(results(variants)))
    assert rows == [["a", "`a`", "mlp", ""], ["With dropout", "`b`", "mlp", "dropout 0.5"]]


def test_comparisons_have_signs_and_verdicts_and_no_nan() -> None:
    table = tables.compared(
        [
            Comparison("a", "z", 5, -0.02, 0.005, 5),
            Comparison("b", "z", 3, 0.02, 0.005, 5),
            Comparison("c", "z", 3, 0.02, 0.03, 5),
            Comparison("d", "z", 2, 0.02, 0.005, 5),
            Comparison("e", "z", 1, 0.02, nan, 5),
        ]
    )
    assert [row[2:] for row in cells(table)[1:]] == [
        ["−2.00 ± 0.50", "worse", "5"],
        ["+2.00 ± 0.50", "better", "3"],
        ["+2.00 ± 3.00", "cannot tell; at most 5.00 points apart", "3"],
        ["+2.00 ± 0.50", "no verdict", "2"],
        ["+2.00", "no verdict", "1"],
    ]


def test_classes_have_a_row_each_with_the_best_variant_in_bold(results: Callable[..., Results]) -> None:
    table = classes.table(results({"a": told(0.6), "b": told(0.8)}))
    # the classes are 0.1 below, at, and 0.1 above a variant's accuracy
    assert cells(table) == [
        ["class", "a", "b"],
        ["disc", "50.0", "**70.0**"],
        ["ring", "60.0", "**80.0**"],
        ["cross", "70.0", "**90.0**"],
    ]


def test_the_dataset_is_told_with_its_sizes(results: Callable[..., Results]) -> None:
    header, row = cells(score_tables.sizes(results({"a": told(0.7)}, channels=3)))
    got = dict(zip(header, row, strict=True))
    assert got["images"] == "6 x 6, RGB"
    assert (got["training"], got["validation"], got["test"]) == ("1,200", "300", "30")
    assert (got["dataset"], got["edition"], got["classes"]) == ("`made`", "embedded", "3")
    assert "grey" in score_tables.sizes(results({"a": told(0.7)}, channels=1))


def figure(what: str = "it", **changes: Any) -> dict[str, Any]:
    """A row of reported.csv: what is empty is left out."""
    return {"what": what, "variant": "a", "split": "test", "metric": "accuracy", "value": "82.5"} | changes


def test_reported_figures_stand_beside_ours(results: Callable[..., Results]) -> None:
    reported = [
        figure("test"),
        figure("test loss", metric="loss", value="0.45"),
        figure("class", class_name="disc", value="70"),
        figure("epoch 1", split="train", epoch="1", value="50"),
    ]
    table = score_tables.reported(results({"a": told(0.79, 0.81)}, reported=reported))
    assert [[row[0], *row[2:]] for row in cells(table)[1:]] == [
        ["test", "82.50 %", "80.00 %", "−2.50"],
        ["test loss", "0.4500", "0.5000", "+0.0500"],
        ["class", "70.00 %", "70.00 %", "+0.00"],
        ["epoch 1", "50.00 %", "60.00 %", "+10.00"],
    ]


def test_reported_figures_of_removed_variants_and_of_later_epochs_are_skipped(results: Callable[..., Results]) -> None:
    last = DEFAULTS["epochs"]
    reported = [
        figure("gone", variant="gone"),
        figure("late", split="train", epoch=str(last + 1)),
        figure("last", split="train", epoch=str(last)),
    ]
    assert column(score_tables.reported(results({"a": told(0.8)}, reported=reported)), "figure") == ["last"]
    assert score_tables.reported(results({"a": told(0.8)}, reported=reported[:2])) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"class_name": "dsic"}, ["'dsic'", "disc, ring, cross"]),
        ({"class_name": "disc", "split": "validation"}, ["validation accuracy", "test accuracy"]),
        ({"class_name": "disc", "metric": "loss"}, ["test loss", "test accuracy"]),
    ],
)
def test_a_class_that_cannot_be_compared_is_refused(
    results: Callable[..., Results], changes: dict[str, Any], said: list[str]
) -> None:
    with pytest.raises(UserError) as error:
        score_tables.reported(results({"a": told(0.8)}, reported=[figure("odd", **changes)]))
    for words in ("labs/shapes/reported.csv", "'odd'", *said):
        assert words in str(error.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"split": "dev"}, ["split 'dev'", "train, validation, test"]),
        ({"metric": "f1"}, ["metric 'f1'", "accuracy, loss"]),
        ({"value": "much"}, ["'much'", "value as a number"]),
    ],
)
def test_a_figure_that_cannot_be_read_is_refused(
    results: Callable[..., Results], changes: dict[str, Any], said: list[str]
) -> None:
    with pytest.raises(UserError) as error:
        results({"a": told(0.8)}, reported=[figure("odd", **changes)])
    for words in ("labs/shapes/reported.csv", "'odd'", *said):
        assert words in str(error.value)


def test_an_interval_that_leaves_out_zero_is_seen_to() -> None:
    found = Comparison("a", "z", 5, 0.0025, 0.00247)
    assert (found.better, span(found)) == (True, "95 % interval +0.003 to +0.497")
    assert tables.with_interval_points(found) == "+0.250 ± 0.247"
    open_one = Comparison("a", "z", 5, 0.0025, 0.00251)
    assert (open_one.found, span(open_one)) == (False, "95 % interval +0.00 to +0.50")
