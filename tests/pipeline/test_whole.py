"""Every variant and every lab of params.yaml, shrunk, as a user runs them."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import recorder
from copies import Copy, changed_stages, lock, ran


@pytest.fixture(scope="module")
def whole(copy_project: Callable[..., Copy]) -> Copy:
    """Everything of params.yaml, run as `make repro` does; committed."""
    copy = copy_project()
    copy.run(
        "python", "-m", "nnlabs.pipeline.schedule", "--jobs", "2", seconds=1200, **{recorder.FOLDER: str(copy.records)}
    )
    copy.git("add", "-A")
    copy.git("commit", "-qm", "Results")
    return copy


def test_every_variant_of_params_runs_and_every_page_is_written(whole: Copy) -> None:
    settings = whole.params
    for name, variant in settings["variants"].items():
        scores = json.loads((whole.folder / f"reports/results/{variant['lab']}/{name}/test/scores.json").read_text())
        assert all(0 <= accuracy <= 1 for accuracy in scores["accuracy"])
    index = (whole.folder / "reports/README.md").read_text()
    for lab in settings["labs"]:
        assert f"]({lab}.md)" in index
        page = (whole.folder / f"reports/{lab}.md").read_text()
        for name, variant in settings["variants"].items():
            assert (f"`{name}`" in page) == (variant["lab"] == lab)


def test_every_lab_that_computes_has_its_answer(whole: Copy) -> None:
    for name in (name for name, lab in whole.params["labs"].items() if "defaults" not in lab):
        page = (whole.folder / f"reports/{name}.md").read_text()
        for heading in ("## Answer", "**Change it.**"):
            assert page.count(heading) == 1, f"{name}: {heading}"
        assert list((whole.folder / f"reports/metrics/{name}").glob("*.json"))


def test_whatever_a_stage_loads_or_reads_is_in_its_settings_file(whole: Copy) -> None:
    assert recorder.recorded(whole.records).keys() == lock(whole).keys()
    assert recorder.unexplained(whole.records, whole.folder / "reports/settings") == {}


def test_plain_dvc_finds_nothing_to_do(whole: Copy) -> None:
    assert changed_stages(whole) == set()
    assert not ran(whole.run("dvc", "repro").stdout)
    assert whole.git("status", "--porcelain") == ""


def test_dvc_shows_what_one_chooses_by_and_no_more(whole: Copy) -> None:
    metrics = json.loads(whole.run("dvc", "metrics", "show", "--json").stdout)[""]["data"]
    assert not [path for path, each in metrics.items() if "error" in each]
    assert sum(len(each["data"]) for each in metrics.values()) <= 120
    assert max(map(len, whole.run("dvc", "metrics", "show").stdout.splitlines())) <= 120
    (workspace, *_) = json.loads(whole.run("dvc", "exp", "show", "--json").stdout)
    assert workspace["data"]["metrics"].keys() == metrics.keys()


def test_dvc_draws_a_few_charts_without_an_error(whole: Copy) -> None:
    shown = json.loads(whole.run("dvc", "plots", "show", "--json").stdout)
    assert "errors" not in shown
    charts = shown["data"]
    assert len(charts) == Path("dvc.yaml").read_text().count("template: ")
    assert len(charts) <= 25
    for name, each in charts.items():
        assert each, name


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
    assert "0 stages" in whole.run("python", "-m", "nnlabs.pipeline.schedule").stdout
    assert whole.git("status", "--porcelain") == ""


def test_bytecode_makes_no_stage_dirty(whole: Copy) -> None:
    bytecode = whole.folder / "src/nnlabs/core/__pycache__"
    assert list(bytecode.glob("*.pyc"))
    (bytecode / "another.cpython-311.pyc").touch()
    assert changed_stages(whole) == set()
