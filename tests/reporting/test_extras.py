"""Arms left out of the default run, and arms that learn from validation images."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from madelab import LAB, Told, cells, column, compare, told

from nnlabs import config as params
from nnlabs.core import paths
from nnlabs.reporting import figures, tables, sentences as verdict
from nnlabs.reporting.collect import collect, remove_stale
from nnlabs.reporting.page import write_index, write_lab
from nnlabs.reporting.runs import write_runs

Make = Callable[..., params.Params]
ARMS = {"a": told(0.80, 0.82, 0.81), "b": told(0.85, 0.88, 0.86, validation=0.9)}
RECORD = {"record": told(0.95, 0.96, 0.94, own={"fit": "train+validation"})}
SWITCH = "dvc exp run -S '+variants.record=${extras.record}' page@shapes"


def page(name: str) -> str:
    return (paths.REPORTS / name).read_text(encoding="utf-8")


def of_record() -> list[Path]:
    return [
        paths.metrics(LAB, "record"),
        paths.history(LAB, "record"),
        paths.gallery(LAB, "record"),
        paths.run_record(LAB, "record"),
    ]


def test_an_extra_with_results_is_shown_and_marked(make_lab: Make) -> None:
    settings = make_lab(ARMS, {"pair": compare("a", "b")}, extras=RECORD)
    write_lab(LAB, settings)
    results = collect(LAB, settings)
    assert column(tables.accuracies(results), "arm") == ["`a`", "**`b`**", "`record` †"]
    assert cells(tables.accuracies(results))[3][1] == "95.00 ± 2.48"
    labels = [label.get_text() for label in figures.accuracies(results).axes[0].get_yticklabels()]
    assert labels == ["a", "b", "record\n(not in the default run)"]
    faces = [points[0].get_markerfacecolor() for points in figures.accuracies(results).axes[0].containers]
    assert [face == "white" for face in faces] == [False, False, True]
    text = page(f"{LAB}.md")
    assert "† left out of the default run" in text
    assert SWITCH in text
    assert "`record` learns from the validation images too" in text


def test_an_extra_is_never_chosen_nor_ranked_nor_compared(make_lab: Make) -> None:
    better = {"record": told(0.95, 0.96, 0.94, validation=0.99)}
    settings = make_lab(ARMS, {"pair": compare("a", "b", "record")}, extras=better)
    results = collect(LAB, settings)
    assert results.best is results.arms["b"]
    assert "`record`" not in verdict.answer(results) + verdict.best(results)
    write_lab(LAB, settings)
    assert "`record` is better" not in page(f"{LAB}.md")
    assert "Not in `params.yaml`" not in page(f"{LAB}.md")


def test_its_files_stay_and_without_them_it_is_a_switch_alone(make_lab: Make) -> None:
    settings = make_lab(ARMS, extras=RECORD)
    remove_stale(LAB, settings)
    assert all(path.exists() for path in of_record())
    paths.run_record(LAB, "record").unlink()  # one is missing: the run was not finished
    write_lab(LAB, settings)
    write_runs(LAB, settings)
    text = page(f"{LAB}.md")
    assert "`record` †" not in text + page(f"run/{LAB}.md")
    assert SWITCH in text
    assert "† left out" not in text


@pytest.mark.parametrize("change", [{"sizes": {"train": 1200, "val": 300, "test": 31}}, {"classes": ["cat", "dog"]}])
def test_results_on_another_test_set_are_not_shown(make_lab: Make, change: dict[str, object]) -> None:
    settings = make_lab(ARMS, extras=RECORD)
    assert collect(LAB, settings).extras.keys() == RECORD.keys()
    data = json.loads(paths.provenance("made").read_text())
    paths.provenance("made").write_text(json.dumps(data | change))
    assert not collect(LAB, settings).extras
    remove_stale(LAB, settings)
    assert all(path.exists() for path in of_record())


def test_in_variants_it_is_an_ordinary_arm(make_lab: Make) -> None:
    settings = make_lab(ARMS | RECORD, extras=RECORD)
    results = collect(LAB, settings)
    assert list(results.arms) == ["a", "b", "record"] and not results.extras
    write_lab(LAB, settings)
    write_index(settings)
    text = page(f"{LAB}.md")
    assert "†" not in text and SWITCH not in text
    assert "`record` learns from the validation images too" in text


def test_an_arm_without_validation_is_told_in_dashes_and_chosen_by_nothing(make_lab: Make) -> None:
    settings = make_lab(ARMS | RECORD, {"all": compare("record", "a", "b"), "rest": compare("a", "record", "b")})
    results = collect(LAB, settings)
    assert column(tables.accuracies(results), "validation, %") == ["80.00", "90.00", "–"]
    assert results.best is results.arms["b"]
    asked = results.lab.comparisons
    assert (
        verdict.ranking(asked["all"], results)
        == "By mean accuracy `record` ranks 3 of 3 on training and 1 of 3 on test."
    )
    assert "1 of 3 on training, 2 of 2 on validation and 3 of 3 on test" in verdict.ranking(asked["rest"], results)
    write_lab(LAB, settings)
    write_runs(LAB, settings)
    write_index(settings)
    for name in (f"{LAB}.md", f"run/{LAB}.md", "README.md"):
        assert "nan" not in page(name) and "None" not in page(name)
    # of the pairs only b and a, in `rest`, both have validation figures; in `all` b is set against a as well
    raced = page(f"run/{LAB}.md").split("## At equal training time")[1].split("##")[0]
    assert "`record`" not in raced and "`b`" in raced


@pytest.mark.parametrize("arms", [RECORD, RECORD | {"other": told(0.9, 0.9, own={"fit": "train+validation"})}])
def test_a_lab_of_such_arms_alone_has_pages_and_no_choice(make_lab: Make, arms: dict[str, Told]) -> None:
    settings = make_lab(arms)
    write_lab(LAB, settings)
    write_runs(LAB, settings)
    write_index(settings)
    assert "so none is chosen" in page(f"{LAB}.md") and "so none is chosen" in page("README.md")
    assert "**`record`**" not in page(f"{LAB}.md")
    assert "nan" not in page(f"{LAB}.md") + page(f"run/{LAB}.md")
