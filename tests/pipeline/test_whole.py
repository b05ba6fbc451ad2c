"""Every variant, exercise and study of params.yaml, shrunk, as a user runs them."""

import json
import re
from collections.abc import Callable

import pytest
from copies import Copy, changed_stages, ran

from nnlabs.pipeline.schedule import DVC


@pytest.fixture(scope="module")
def whole(copy_project: Callable[..., Copy]) -> Copy:
    """Every variant of params.yaml, run by one dvc, which starts once; committed."""
    copy = copy_project()
    copy.run(*DVC, "repro", "-q", seconds=1200)
    copy.git("add", "-A")
    copy.git("commit", "-qm", "Results")
    return copy


def test_every_variant_of_params_runs_and_every_page_is_written(whole: Copy) -> None:
    settings = whole.params
    for name, variant in settings["variants"].items():
        metrics = json.loads((whole.folder / f"reports/metrics/{variant['lab']}/{name}.json").read_text())
        assert 0 <= metrics["accuracy"] <= 1
    index = (whole.folder / "reports/README.md").read_text()
    for lab in settings["labs"]:
        assert f"]({lab}.md)" in index
        page = (whole.folder / f"reports/{lab}.md").read_text()
        for name, variant in settings["variants"].items():
            assert (f"`{name}`" in page) == (variant["lab"] == lab)


def test_every_exercise_and_study_has_its_page_and_its_row(whole: Copy) -> None:
    index = (whole.folder / "reports/README.md").read_text()
    for name in [*whole.params["exercises"], *whole.params["studies"]]:
        assert f"]({name}.md)" in index
        page = (whole.folder / f"reports/{name}.md").read_text()
        for heading in ("## Answer", "## Change it"):
            assert page.count(heading) == 1, f"{name}: {heading}"
        assert json.loads((whole.folder / f"reports/metrics/studies/{name}.json").read_text())


def test_a_learning_rate_of_a_study_reruns_that_study_alone(whole: Copy) -> None:
    raw = whole.params
    raw["studies"]["sobel"]["lr"] = 0.2
    whole.params = raw
    try:
        assert changed_stages(whole) == {"study@sobel", "study-page@sobel", "report"}
    finally:
        whole.git("checkout", "--", "params.yaml")


def test_every_link_and_figure_of_the_report_is_there(whole: Copy) -> None:
    found = 0
    for page in [*whole.folder.glob("reports/*.md"), *whole.folder.glob("reports/run/*.md")]:
        targets = re.findall(r"\]\(([^)#]+)\)", page.read_text())
        found += len(targets)
        for target in targets:
            assert target.startswith("http") or (page.parent / target).exists(), f"{page.name}: {target}"
    assert found > 100


def test_tables_of_the_report_are_rectangular(whole: Copy) -> None:
    for page in whole.folder.glob("reports/**/*.md"):
        for table in re.findall(r"(?:^\|.*\|\n)+", page.read_text(), re.M):
            widths = {row.count("|") for row in table.splitlines()}
            assert len(widths) == 1, f"{page}: {table}"


def test_twice_runs_nothing(whole: Copy) -> None:
    assert changed_stages(whole) == set()
    assert not ran(whole.run("dvc", "repro").stdout)
    assert "0 stages" in whole.run("python", "-m", "nnlabs.pipeline.schedule").stdout
    assert whole.git("status", "--porcelain") == ""


def test_one_rate_changes_one_variant_and_the_pages_of_its_lab(whole: Copy) -> None:
    raw = whole.params
    raw["variants"]["fashion-tanh"]["lr"] = 0.004
    whole.params = raw
    try:
        assert changed_stages(whole) == {"arms", "train@fashion-tanh"}
        whole.run("dvc", "repro", "-q", "arms", "train@fashion-tanh")
        pages = {"page@fashion", "run@fashion", "report"}
        assert changed_stages(whole) == pages | {"evaluate@fashion-tanh"}
    finally:
        whole.git("checkout", "--", ".")
        whole.run("dvc", "checkout", "-q")


def test_page_texts_and_comparisons_train_nothing(whole: Copy) -> None:
    raw = whole.params
    raw["labs"]["fashion"]["text"] = "Another text."
    raw["labs"]["fashion"]["comparisons"]["depth"]["question"] = "Another question?"
    whole.params = raw
    try:
        whole.run("dvc", "repro", "-q", "arms")
        assert changed_stages(whole) == {"page@fashion", "run@fashion", "report"}
    finally:
        whole.git("checkout", "--", ".")


def test_bytecode_makes_no_stage_dirty(whole: Copy) -> None:
    made = list(whole.folder.glob("src/**/__pycache__/*.pyc"))
    assert made
    assert changed_stages(whole) == set()
