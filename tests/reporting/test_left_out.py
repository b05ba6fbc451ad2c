"""Variants left out of the default run, and variants that learn from validation images."""

import json
from collections.abc import Callable
from math import hypot
from pathlib import Path

import pytest
from madelab import LAB, RUN, Parameters, Told, cells, column, compare, page, told, write_all, write_page

from nnlabs.core import paths
from nnlabs.evaluation import outcomes, statistics
from nnlabs.reporting import charts, score_tables
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.results import collect
from nnlabs.reporting.tracked import remove_stale

Make = Callable[..., Parameters]
VARIANTS = {"a": told(0.80, 0.82, 0.81), "b": told(0.85, 0.88, 0.86, validation=0.9)}
RECORD = {"record": told(0.95, 0.96, 0.94, own={"fit": "train+validation"})}
SWITCH = "dvc exp run -S '+variants.record=${optional.record}' page@shapes"


def of_record() -> list[Path]:
    return [
        paths.scores(LAB, "record"),
        paths.history(LAB, "record"),
        paths.gallery(LAB, "record"),
        outcomes.path(LAB, "record"),
        paths.run_record(LAB, "record"),
    ]


def test_one_left_out_with_results_is_shown_and_marked(make_lab: Make) -> None:
    settings = make_lab(VARIANTS, {"pair": compare("a", "b")}, optional=RECORD)
    write_page(settings)
    results = collect(settings)
    assert column(score_tables.accuracies(results), "variant") == ["a", "**b**", "record †"]
    assert cells(score_tables.accuracies(results))[3][1] == "95.00 ± 11.02"  # over seeds 2.48, over images 10.74
    labels = [label.get_text() for label in charts.accuracies(results).axes[0].get_yticklabels()]
    assert labels == ["a", "b", "record\n(not in the\ndefault run)"]
    faces = [points[0].get_markerfacecolor() for points in charts.accuracies(results).axes[0].containers]
    assert [face == "white" for face in faces] == [False, False, True]
    text = page()
    assert "† left out of the default run" in text
    assert SWITCH in text
    assert "*record* learns from the validation images too" in text


def test_one_left_out_is_never_chosen_nor_ranked_nor_compared(make_lab: Make) -> None:
    better = {"record": told(0.95, 0.96, 0.94, validation=0.99)}
    settings = make_lab(VARIANTS, {"pair": compare("a", "b", "record")}, optional=better)
    results = collect(settings)
    assert results.best is results.variants["b"]
    answer = Findings(results).answer()
    assert "record" not in " ".join(answer.sentences) + answer.message
    write_page(settings)
    assert "*record* is better" not in page()
    assert "Not in `params.yaml`" not in page()


def test_its_files_stay_and_without_them_it_is_a_switch_alone(make_lab: Make) -> None:
    settings = make_lab(VARIANTS, optional=RECORD)
    remove_stale(LAB, {"a", "b", "record"})
    assert all(path.exists() for path in of_record())
    paths.gallery(LAB, "record").unlink()  # one is missing: the run was not finished
    write_all(settings)
    text = page()
    assert "*record* †" not in text + page(RUN)
    assert SWITCH in text
    assert "† left out" not in text


def test_its_single_predictions_and_calibration_may_be_missing(make_lab: Make) -> None:
    """Of one that was measured before they were kept; then the test set's sampling error stands for its images."""
    settings = make_lab(VARIANTS, optional=RECORD)
    with_outcomes = collect(settings).shown["record"].interval
    outcomes.path(LAB, "record").unlink()
    path = paths.scores(LAB, "record")
    scores = json.loads(path.read_text())
    del scores["calibration"]
    path.write_text(json.dumps(scores))
    record = collect(settings).shown["record"]
    assert (record.outcomes, record.calibration) == (None, [])
    assert record.interval == pytest.approx(hypot(statistics.interval([0.95, 0.96, 0.94]), scores["sampling_error"]))
    assert record.interval != with_outcomes
    write_all(settings)
    assert "record †" in page()


@pytest.mark.parametrize(
    "change", [{"sizes": {"train": 1200, "validation": 300, "test": 31}}, {"classes": ["cat", "dog"]}]
)
def test_results_on_another_test_set_are_not_shown(make_lab: Make, change: dict[str, object]) -> None:
    settings = make_lab(VARIANTS, optional=RECORD)
    assert collect(settings).shown.keys() - collect(settings).variants.keys() == RECORD.keys()
    path = paths.computed(LAB) / "results.json"
    path.write_text(json.dumps({"data": json.loads(path.read_text())["data"] | change}))
    assert not collect(settings).left_out
    remove_stale(LAB, {"a", "b", "record"})
    assert all(path.exists() for path in of_record())


def test_in_variants_it_is_an_ordinary_variant(make_lab: Make) -> None:
    settings = make_lab(VARIANTS | RECORD, optional=RECORD)
    results = collect(settings)
    assert list(results.variants) == ["a", "b", "record"] and not results.left_out
    write_all(settings)
    text = page()
    assert "†" not in text and SWITCH not in text
    assert "*record* learns from the validation images too" in text


def test_a_variant_without_validation_is_told_in_dashes_and_chosen_by_nothing(make_lab: Make) -> None:
    settings = make_lab(VARIANTS | RECORD, {"all": compare("record", "a", "b"), "rest": compare("a", "record", "b")})
    results = collect(settings)
    assert column(score_tables.accuracies(results), "validation, %") == ["80.00", "90.00", "–"]
    assert results.best is results.variants["b"]
    found = Findings(results)
    assert found.chosen().startswith("Of 2 variants that keep validation images, *b* has the highest")
    assert found.better("record", "a")  # on the test images all are compared
    write_all(settings)
    for name in (f"{LAB}.md", RUN, "README.md"):
        assert "nan" not in page(name) and "None" not in page(name)
    # of the pairs only b and a, in `rest`, both have validation figures; in `all` b is set against a as well
    raced = page(RUN).split("## At equal training time")[1].split("##")[0]
    assert "| record" not in raced and "| b " in raced


@pytest.mark.parametrize("variants", [RECORD, RECORD | {"other": told(0.9, 0.9, own={"fit": "train+validation"})}])
def test_a_lab_of_such_variants_alone_has_pages_and_no_choice(make_lab: Make, variants: dict[str, Told]) -> None:
    settings = make_lab(variants)
    write_all(settings)
    assert "so none is chosen" in page() and "so none is chosen" in page("README.md")
    assert "**record**" not in page()
    assert "nan" not in page() + page(RUN)
