"""The pipeline as a user runs it, on copies with shrunk parameters and made data."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from copies import Copy

FAST, OTHER = "objects3-lr0p001-h50-b32", "objects3-lr0p001-h50-b128"
TRACKED = ("reports/*.md", "reports/[!r]*/**/*", "dvc.lock")
"""All that must be the same twice: reports/run is left out."""


def changed_stages(copy: Copy) -> set[str]:
    return set(json.loads(copy.run("dvc", "status", "--json").stdout))


def ran(text: str) -> set[str]:
    """The stages that a repro says it ran."""
    return set(re.findall(r"Running stage '([^']+)'", text))


def lock(copy: Copy) -> dict[str, Any]:
    """dvc.lock without what may differ between two honest runs."""
    stages = yaml.safe_load((copy.folder / "dvc.lock").read_text())["stages"]
    return {
        name: [item for kind in ("deps", "outs") for item in stage[kind] if not item["path"].startswith("reports/run")]
        for name, stage in stages.items()
    }


# ---------------------------------------------------------------- every variant


@pytest.fixture(scope="module")
def whole(copy_project: Callable[..., Copy]) -> Copy:
    """Every variant of params.yaml, run by the scheduler with two jobs, committed."""
    copy = copy_project()
    done = copy.run("python", "-m", "nnlabs.pipeline.schedule", "--jobs", "2")
    assert "stages to run: about" in done.stdout
    assert "the report is in reports/README.md" in done.stdout
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


def test_one_rate_changes_one_variant(whole: Copy) -> None:
    raw = whole.params
    raw["variants"]["fashion-tanh"]["lr"] = 0.004
    whole.params = raw
    try:
        assert {s for s in changed_stages(whole) if s.startswith(("data", "train"))} == {"train@fashion-tanh"}
    finally:
        whole.git("checkout", "--", "params.yaml")


def test_page_texts_and_comparisons_train_nothing(whole: Copy) -> None:
    raw = whole.params
    raw["labs"]["fashion"]["text"] = "Another text."
    raw["labs"]["fashion"]["comparisons"]["depth"]["question"] = "Another question?"
    whole.params = raw
    try:
        assert changed_stages(whole) == {"page@fashion", "run@fashion", "report"}
    finally:
        whole.git("checkout", "--", "params.yaml")


def test_bytecode_makes_no_stage_dirty(whole: Copy) -> None:
    whole.run("python", "-c", "import nnlabs.data.prepare", PYTHONDONTWRITEBYTECODE="", PYTHONPATH="src")
    made = list(whole.folder.glob("src/**/__pycache__/*.pyc"))
    assert made
    assert changed_stages(whole) == set()


# ---------------------------------------------------------------- two variants of one lab


@pytest.fixture(scope="module")
def two_that_ran(copy_project: Callable[..., Copy]) -> Copy:
    """Two variants, run and committed."""
    copy = copy_project(FAST, OTHER)
    copy.run("dvc", "repro", "-q")
    copy.git("add", "-A")
    copy.git("commit", "-qm", "Results")
    return copy


@pytest.fixture
def two(two_that_ran: Copy, tmp_path: Path) -> Copy:
    """A copy of them, DVC's cache included, that the test may change."""
    folder = tmp_path / "nnlabs"
    shutil.copytree(two_that_ran.folder, folder, symlinks=True)
    return Copy(folder, two_that_ran.environment)


def test_a_forced_repro_leaves_git_clean_but_for_the_run_pages(two: Copy) -> None:
    before, locked = two.files(*TRACKED[:2]), lock(two)
    two.run("dvc", "repro", "-q", "--force", "--no-run-cache")
    changed = [line.split(maxsplit=1)[1] for line in two.git("status", "--porcelain").splitlines()]
    assert all(name.startswith("reports/run/") or name == "dvc.lock" for name in changed), changed
    assert (two.files(*TRACKED[:2]), lock(two)) == (before, locked)


def test_more_jobs_give_the_same_bytes(copy_project: Callable[..., Copy]) -> None:
    one, other = (copy_project(FAST, OTHER) for _ in range(2))
    one.run("python", "-m", "nnlabs.pipeline.schedule", "--jobs", "1")
    said = other.run("python", "-m", "nnlabs.pipeline.schedule", "--jobs", "2", "--lab", "objects3").stdout
    assert re.search(rf"^{FAST} seed 0 epoch 1/1: loss", said, re.M)
    assert "the report is in reports/objects3.md" in said
    other.run("dvc", "repro", "-q")
    assert one.files(*TRACKED[:2], "models/**/*") == other.files(*TRACKED[:2], "models/**/*")
    assert lock(one) == lock(other)


def test_a_variant_comes_and_goes(two: Copy) -> None:
    added = "{lab: objects3, dataset: objects3, model: mlp, hidden: [7], lr: 1e-5}"
    done = two.run("dvc", "exp", "run", "-S", f"+variants.mine={added}")
    assert ran(done.stdout) == {"train@mine", "evaluate@mine", "page@objects3", "run@objects3", "report"}
    row = next(line for line in (two.folder / "reports/objects3.md").read_text().splitlines() if "`mine`" in line)
    assert row
    history = (two.folder / "reports/history/objects3/mine.csv").read_text().splitlines()[1]
    assert history.startswith("1e-05,")
    two.run("dvc", "exp", "run", "-S", "~variants.mine")
    assert "`mine`" not in (two.folder / "reports/objects3.md").read_text()
    assert not two.files("reports/*/objects3/mine*", "reports/gallery/objects3/mine/*", "models/mine/*")
    # under repro DVC leaves a removed variant's files behind: the page deletes them
    raw = two.params
    del raw["variants"][OTHER]
    two.params = raw
    two.run("dvc", "repro", "-q")
    assert OTHER not in (two.folder / "reports/README.md").read_text()
    assert not two.files(f"reports/*/objects3/{OTHER}*", f"reports/gallery/objects3/{OTHER}/*")
    assert changed_stages(two) == set()


def test_a_rate_through_dvc_arrives_as_a_number(two: Copy) -> None:
    two.run("dvc", "exp", "run", "-q", "-S", f"variants.{FAST}.lr=1e-5", f"train@{FAST}")
    assert "lr: 1e-05" in (two.folder / "params.yaml").read_text()
    assert (two.folder / f"reports/history/objects3/{FAST}.csv").read_text().splitlines()[1].startswith("1e-05,")


def test_a_failing_variant_holds_back_its_page_and_nothing_else(two: Copy) -> None:
    raw = two.params
    raw["variants"][FAST] |= {"lr": 1e30}
    raw["variants"][OTHER] |= {"lr": 0.002}
    two.params = raw
    done = two.run("python", "-m", "nnlabs.pipeline.schedule", "--jobs", "2", check=False)
    assert done.returncode == 1
    assert re.search(rf"error: {FAST}, seed 0, epoch 1, step \d+ of \d+: the loss is (nan|inf)", done.stdout)
    assert f"failed: train@{FAST}; held back: evaluate@{FAST}, page@objects3, report, run@objects3" in done.stderr
    assert "git checkout -- reports" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert (two.folder / f"reports/metrics/objects3/{OTHER}.json").exists()


@pytest.mark.parametrize("wrong", [["--jobs", "0"], ["--lab", "fashoin"]])
def test_the_scheduler_says_what_is_wrong(two: Copy, wrong: list[str]) -> None:
    done = two.run("python", "-m", "nnlabs.pipeline.schedule", *wrong, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


# ---------------------------------------------------------------- interruption


@pytest.fixture(scope="module")
def uninterrupted(copy_project: Callable[..., Copy]) -> dict[str, bytes]:
    copy = copy_project(FAST, change=_longer)
    copy.run("dvc", "repro", "-q", f"evaluate@{FAST}")
    return copy.files("models/**/*", "reports/history/**/*", "reports/metrics/**/*")


def _longer(raw: dict[str, Any]) -> None:
    # some seconds in all: enough for checkpoints, which come at most once a second
    for variant in raw["variants"].values():
        variant |= {"epochs": 90, "batch_size": 2, "seeds": [0, 1]}


@pytest.mark.parametrize("how", ["repro", "exp run", "exp run --temp", "queue"])
def test_a_killed_run_ends_with_the_same_bytes(
    copy_project: Callable[..., Copy], uninterrupted: dict[str, bytes], how: str
) -> None:
    copy = copy_project(FAST, change=_longer)
    target = f"evaluate@{FAST}"
    command = {
        "repro": ["dvc", "repro", target],
        "exp run": ["dvc", "exp", "run", target],
        "exp run --temp": ["dvc", "exp", "run", "--temp", target],
        "queue": ["dvc", "exp", "run", "--temp", target],  # what a queue's worker runs
    }[how]
    process = subprocess.Popen(
        command, cwd=copy.folder, env=copy.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    checkpoints = copy.folder / ".nnlabs" / "checkpoints"
    deadline = time.monotonic() + 120
    while not list(checkpoints.glob("*/*.pt")):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)  # mid-epoch or mid-run: the training child is left alone with it
    process.communicate()
    if how == "queue":
        copy.run("dvc", "exp", "run", "--queue", target)
        copy.run("dvc", "queue", "start")
        while "Success" not in (status := copy.run("dvc", "queue", "status").stdout):
            assert "Failed" not in status, status
            assert time.monotonic() < deadline, status
            time.sleep(0.5)
    else:
        copy.run(*command)
    if how.endswith("--temp") or how == "queue":
        (name,) = copy.run("dvc", "exp", "list", "--name-only").stdout.split()
        copy.run("dvc", "exp", "apply", name)
    assert copy.files("models/**/*", "reports/history/**/*", "reports/metrics/**/*") == uninterrupted
    assert not list(checkpoints.glob("*/")), "finished runs leave no checkpoint"


# ---------------------------------------------------------------- other commands


def test_quick_leaves_the_report_alone(two: Copy) -> None:
    raw = two.params
    raw["variants"][FAST]["seeds"] = [3, 4]
    two.params = raw
    before = two.files("reports/**/*")
    said = two.run("python", "-m", "nnlabs.pipeline.quick", "--jobs", "2").stdout
    where = Path(said.strip().splitlines()[-1].split(": ")[1].split(";")[0])
    assert where.is_file()
    assert two.files("reports/**/*") == before
    metrics = json.loads((where.parent / f"metrics/objects3/{FAST}.json").read_text())
    assert (metrics["seeds"], metrics["accuracy_interval"]) == ([3], None)
    assert "one seed" in (where.parent / "objects3.md").read_text()


@pytest.mark.parametrize("options", [["--quick"], ["--jobs", "2"]])
def test_verify_finds_everything_bit_equal(two: Copy, options: list[str]) -> None:
    done = two.run("python", "-m", "nnlabs.pipeline.verify", *options)
    counted = re.search(r"(\d+) bit-equal, 0 within tolerance, 0 different$", done.stdout.strip())
    assert counted
    assert int(counted[1]) > 10


def test_verify_finds_what_differs(two: Copy) -> None:
    path = two.folder / f"reports/metrics/objects3/{FAST}.json"
    path.write_text(path.read_text().replace('"loss": 0.', '"loss": 1.').replace('"loss": 1.', '"loss": 9.', 1))
    two.git("commit", "-qam", "A number that nobody measured")
    done = two.run("python", "-m", "nnlabs.pipeline.verify", "--quick", check=False)
    assert done.returncode == 1
    assert re.search(rf"^different +reports/metrics/objects3/{FAST}\.json", done.stdout, re.M)


def test_clean_says_what_it_would_remove_first(two: Copy) -> None:
    done = two.run("python", "-m", "nnlabs.pipeline.clean")
    assert "this removes" in done.stdout
    assert "nothing was removed" in done.stdout
    assert (two.folder / "models").exists()
    done = two.run("python", "-m", "nnlabs.pipeline.clean", "--yes")
    assert not [
        name for name in ("data", "models", "predictions", ".nnlabs", ".dvc/cache") if (two.folder / name).exists()
    ]
    assert two.git("status", "--porcelain") == ""
    assert "nothing to remove" in two.run("python", "-m", "nnlabs.pipeline.clean").stdout


COMMANDS = re.findall(
    r"^(?:dvc|python) .*$", "\n".join(re.findall(r"```bash\n(.*?)```", Path("README.md").read_text(), re.S)), re.M
)


def test_every_command_of_the_readme_works(copy_project: Callable[..., Copy]) -> None:
    """In the order in which they stand there, each on top of the last."""
    assert len(COMMANDS) >= 12
    copy = copy_project("fashion-lecture", "fashion-tanh", "fashion-medium", FAST, OTHER)
    copy.run("dvc", "repro", "-q")
    copy.git("add", "-A")
    copy.git("commit", "-qm", "Results")
    for command in COMMANDS:
        words = shlex.split(command.split("  #")[0])
        done = copy.run(*words, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, command
        if words[:3] == ["dvc", "queue", "start"]:
            deadline = time.monotonic() + 180
            while re.search("Queued|Running", status := copy.run("dvc", "queue", "status").stdout):
                assert time.monotonic() < deadline, status
                time.sleep(0.5)
            assert "Failed" not in status, status


def test_the_make_targets_of_the_readme_exist() -> None:
    makefile = Path("Makefile").read_text()
    targets = set(re.findall(r"(?:^|`)make ([a-z]+)", Path("README.md").read_text(), re.M))
    assert {"repro", "test", "quick", "verify", "bench", "clean"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_a_run_does_not_depend_on_the_hash_seed(two: Copy) -> None:
    before = two.files("reports/*.md", "reports/figures/**/*")
    two.run("dvc", "repro", "-q", "--force", "--single-item", "page@objects3", "report", PYTHONHASHSEED="1")
    assert two.files("reports/*.md", "reports/figures/**/*") == before
    assert os.environ.get("PYTHONHASHSEED") != "1"
