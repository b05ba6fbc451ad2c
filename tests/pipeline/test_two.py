"""Two variants of one lab, as a user changes, repeats and verifies them."""

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from copies import FAST, OTHER, TRACKED, Copy, changed_stages, lock, ran


@pytest.fixture(scope="module")
def two_that_ran(copy_project: Callable[..., Copy]) -> Copy:
    """Two variants, run one stage after another and committed."""
    copy = copy_project(FAST, OTHER)
    copy.run("python", "-m", "nnlabs.pipeline.schedule", "--jobs", "1")
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


def test_a_variant_comes_and_goes(two: Copy) -> None:
    added = "{lab: objects3, dataset: objects3, model: mlp, hidden: [7], lr: 1e-5}"
    done = two.run("dvc", "exp", "run", "-S", f"+variants.mine={added}")
    assert ran(done.stdout) == {"settings", "train@mine", "evaluate@mine", "page@objects3", "report"}
    row = next(line for line in (two.folder / "reports/objects3.md").read_text().splitlines() if "`mine`" in line)
    assert row
    history = (two.folder / "reports/results/objects3/mine/history.csv").read_text().splitlines()[1]
    assert history.startswith("1e-05,")
    two.run("dvc", "exp", "run", "-S", "~variants.mine")
    assert "`mine`" not in (two.folder / "reports/objects3.md").read_text()
    assert not two.files("reports/results/objects3/mine/*", "reports/run/records/objects3/mine*", "models/mine/*")
    # under repro DVC leaves a removed variant's files behind: the page deletes them
    raw = two.params
    del raw["variants"][OTHER]
    two.params = raw
    two.run("dvc", "repro", "-q")
    assert OTHER not in (two.folder / "reports/README.md").read_text()
    assert not two.files(f"reports/results/objects3/{OTHER}/*", f"reports/run/records/objects3/{OTHER}*")
    assert changed_stages(two) == set()


def test_a_rate_through_dvc_arrives_as_a_number(two: Copy) -> None:
    two.run("dvc", "exp", "run", "-q", "-S", f"+variants.{FAST}.lr=1e-5", f"train@{FAST}")
    assert "lr: 1e-05" in (two.folder / "params.yaml").read_text()
    assert (
        (two.folder / f"reports/results/objects3/{FAST}/history.csv").read_text().splitlines()[1].startswith("1e-05,")
    )


def test_an_experiment_with_one_knob_is_shown_in_a_few_columns(two: Copy) -> None:
    two.run("dvc", "exp", "run", "-q", "-S", f"+variants.{FAST}.lr=0.003", "page@objects3")
    header, *rows = two.run("dvc", "exp", "show", "--only-changed", "--csv").stdout.splitlines()
    told = [name for name in header.split(",") if name not in ("rev", "typ", "parent", "State", "Executor")]
    assert told.pop(0) == "Experiment"  # what a row is called
    assert f"variants.{FAST}.lr" in told
    assert len(told) <= 8, told
    assert len(rows) == 3  # the workspace, the commit, the experiment


def test_a_failing_variant_holds_back_its_page_and_nothing_else(two: Copy) -> None:
    raw = two.params
    raw["variants"][FAST] |= {"lr": 1e30}
    raw["variants"][OTHER] |= {"lr": 0.002}
    two.params = raw
    done = two.run("python", "-m", "nnlabs.pipeline.schedule", "--jobs", "2", check=False)
    assert done.returncode == 1
    assert re.search(rf"error: {FAST}, seed 0, epoch 1, step \d+ of \d+: the loss is (nan|inf)", done.stdout)
    assert f"failed: train@{FAST}; held back: evaluate@{FAST}, page@objects3, report" in done.stderr
    assert "git checkout -- reports" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert (two.folder / f"reports/results/objects3/{OTHER}/test/scores.json").exists()


@pytest.mark.parametrize("wrong", [["--jobs", "0"], ["--lab", "fashoin"]])
def test_the_scheduler_says_what_is_wrong(two: Copy, wrong: list[str]) -> None:
    done = two.run("python", "-m", "nnlabs.pipeline.schedule", *wrong, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


def test_a_damaged_params_is_told_as_its_own_fault(two: Copy) -> None:
    for content, said in (("", "None found"), ("variants:\n  mine:\n", "edition: missing")):
        (two.folder / "params.yaml").write_text(content)
        done = two.run("python", "-m", "nnlabs.pipeline.schedule", check=False)
        assert done.returncode == 1
        assert done.stderr.startswith(f"error: params.yaml: {said}") and done.stderr.count("\n") == 1


def test_quick_leaves_the_report_alone(two: Copy) -> None:
    raw = two.params
    raw["variants"][FAST]["seeds"] = [3, 4]
    two.params = raw
    before = two.files("reports/**/*")
    said = two.run("python", "-m", "nnlabs.pipeline.quick", "--jobs", "2").stdout
    where = Path(said.strip().splitlines()[-1].split(": ")[1].split(";")[0])
    assert where.is_file()
    assert two.files("reports/**/*") == before
    scores = json.loads((where.parent / f"results/objects3/{FAST}/test/scores.json").read_text())
    assert scores["seeds"] == [3]
    assert "were compared at 1 seed" in (where.parent / "objects3.md").read_text()


def test_verify_finds_everything_bit_equal(two: Copy) -> None:
    """What one job made, two make again."""
    made = two.files(*TRACKED[:2], "models/**/*")
    said = two.run("python", "-m", "nnlabs.pipeline.verify", "--jobs", "2").stdout
    assert "stages to run: about" in said
    assert re.search(rf"^{FAST} seed 0 epoch 1/1: loss", said, re.M)
    again = Copy(two.folder / ".nnlabs/verify", two.environment)
    assert again.files(*TRACKED[:2], "models/**/*") == made
    assert lock(again) == lock(two)
    found = _verdicts(said)
    assert set(found.values()) == {"bit-equal"}
    assert found.keys() >= {"data objects3", FAST, OTHER, "page objects3", "page backprop", "settings"}
    *_, counts, stated = said.splitlines()
    assert counts == f"{len(found)} bit-equal, 0 within tolerance, 0 different"
    name = stated.split()[0]
    assert re.fullmatch(r"reports/verified/[a-z0-9-]+-\d{4}-\d\d-\d\d\.json", name) and (two.folder / name).is_file()
    two.run("python", "-m", "nnlabs.pipeline.statement")
    two.run("dvc", "repro", "-q")
    assert "bit-equal on 1 machine (" in (two.folder / "reports/README.md").read_text()
    assert changed_stages(two) == set()


def test_verify_finds_what_differs(two: Copy) -> None:
    path = two.folder / f"reports/results/objects3/{FAST}/test/scores.json"
    scores = json.loads(path.read_text())
    scores["loss"][0] += 1
    path.write_text(json.dumps(scores))
    two.git("commit", "-qam", "A number that nobody measured")
    done = two.run("python", "-m", "nnlabs.pipeline.verify", "--quick", check=False)
    assert done.returncode == 1
    found = _verdicts(done.stdout)
    assert [what for what, verdict in found.items() if verdict != "bit-equal"] == [FAST]
    assert found[FAST] == "different"
    assert len(found) > 3


def _verdicts(said: str) -> dict[str, str]:
    """What `verify` says of each thing that it has compared."""
    lines = re.findall(r"^(bit-equal|within tolerance|different) {2,}(.+?)(?:  \(.*\))?$", said, re.M)
    return {what: verdict for verdict, what in lines}


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


def test_a_run_does_not_depend_on_the_hash_seed(two: Copy) -> None:
    before = two.files("reports/*.md", "reports/figures/**/*")
    two.run("dvc", "repro", "-q", "--force", "--single-item", "page@objects3", "report", PYTHONHASHSEED="1")
    assert two.files("reports/*.md", "reports/figures/**/*") == before
    assert os.environ.get("PYTHONHASHSEED") != "1"
