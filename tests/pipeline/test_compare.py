"""What verify calls equal, within tolerance and different; throw-away clones; clean."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.pipeline import checkout, clean
from nnlabs.pipeline.verify import compare

METRICS, PAGE, DATA = "reports/results/lab/variant/scores.json", "reports/lab.md", "reports/settings/data/set.json"
FILES = [METRICS, PAGE, DATA]
RECORD = "reports/run/records/lab/variant.json"


@pytest.fixture
def sides(tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    """Two checkouts: the committed one, and a rerun with other accuracies, on this or another processor."""

    def side(name: str, accuracies: list[float], cpu: str, weights: str) -> Path:
        folder = tmp_path / name
        mean = sum(accuracies) / len(accuracies)
        metrics = {"accuracy": accuracies, "sampling_error": 0.0196}
        contents: dict[str, Any] = {
            METRICS: metrics,
            PAGE: f"accuracy {mean:.9f}",
            DATA: {"content": "same"},
            RECORD: {"cpu": cpu},
        }
        for file, content in contents.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(content if isinstance(content, str) else json.dumps(content))
        outs = [{"path": "models/variant", "md5": weights}, {"path": RECORD, "md5": cpu}]
        stages = {"train@variant": {"cmd": "x", "deps": [{"path": "data/set", "md5": "d"}], "outs": outs}}
        (folder / "dvc.lock").write_text(yaml.safe_dump({"stages": stages}))
        return folder

    def both(again: list[float], *, elsewhere: bool = True, first: tuple[float, ...] = (0.80, 0.82, 0.84)) -> Any:
        new = list(first) != again
        return side("ours", [*first], "here", "w"), side(
            "theirs", again, "there" * elsewhere or "here", "v" * new or "w"
        )

    return both


def verdicts(sides: tuple[Path, Path]) -> dict[str, str]:
    return {finding.what: finding.verdict for finding in compare(*sides, FILES)}


def test_the_same_bytes_are_bit_equal_and_run_records_do_not_count(sides: Callable[..., Any]) -> None:
    assert set(verdicts(sides([0.80, 0.82, 0.84])).values()) == {"bit-equal"}
    assert f"dvc.lock: train@variant, {RECORD}" not in verdicts(sides([0.80, 0.82, 0.84]))


def test_on_one_processor_any_other_byte_is_different(sides: Callable[..., Any]) -> None:
    found = verdicts(sides([0.80, 0.82, 0.85], elsewhere=False))
    assert found[METRICS] == found[PAGE] == found["dvc.lock: train@variant, models/variant"] == "different"
    assert found[DATA] == found["dvc.lock: train@variant, data/set"] == "bit-equal"


def test_on_another_processor_three_standard_errors_are_tolerated(sides: Callable[..., Any]) -> None:
    # deviation 0.02 on both sides: 3 sqrt(2 * 0.02^2 / 3) = 0.04899
    found = verdicts(sides([0.848, 0.868, 0.888]))
    assert found[METRICS] == found[PAGE] == found["dvc.lock: train@variant, models/variant"] == "within tolerance"
    why = {finding.what: finding.why for finding in compare(*sides([0.848, 0.868, 0.888]), FILES)}
    assert "0.04800 apart, 0.04899 allowed" in why[METRICS]
    assert "committed on here, now on there" in why[METRICS]


def test_beyond_three_standard_errors_all_that_follows_is_different_too(sides: Callable[..., Any]) -> None:
    found = verdicts(sides([0.851, 0.871, 0.891]))
    assert found[METRICS] == found[PAGE] == found["dvc.lock: train@variant, models/variant"] == "different"
    assert found[DATA] == "bit-equal"


def test_of_one_seed_the_test_sets_sampling_error_is_the_tolerance(sides: Callable[..., Any]) -> None:
    # 95 % half width 0.0196: a standard error of 0.01 on both sides, 3 sqrt(2) 0.01 = 0.0424
    assert verdicts(sides([0.84], first=(0.80,)))[METRICS] == "within tolerance"
    assert verdicts(sides([0.85], first=(0.80,)))[METRICS] == "different"


def test_what_was_not_made_and_other_data_are_never_tolerated(sides: Callable[..., Any]) -> None:
    ours, theirs = sides([0.80, 0.82, 0.84])
    (theirs / PAGE).unlink()
    (theirs / DATA).write_text("{}")
    found = verdicts((ours, theirs))
    assert found[PAGE] == found[DATA] == "different"


# ---------------------------------------------------------------- clones


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git checkout with one commit and one change on top of it; the package is told that it is there."""
    folder = tmp_path / "project"
    folder.mkdir()
    name = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    (folder / "file").write_text("committed\n")
    for command in (["init", "-q"], ["add", "-A"], [*name, "commit", "-qm", "First"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    (folder / "file").write_text("changed\n")
    monkeypatch.setattr(paths, "ROOT", folder)
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path / "cache"))
    return folder


def test_a_clone_has_what_is_committed_or_what_is_there(project: Path) -> None:
    assert (checkout.clone("one", committed=True) / "file").read_text() == "committed\n"
    assert (checkout.clone("one", committed=False) / "file").read_text() == "changed\n"


def test_a_clone_shares_downloads_and_nothing_else(project: Path, tmp_path: Path) -> None:
    where = checkout.clone("one", committed=True)
    code = "import os; from pathlib import Path; print(os.environ.get('NNLABS_CACHE'), file=open('said', 'w'))"
    assert checkout._run(where, ["python3", "-c", code]) == 0
    assert (where / "said").read_text() == "None\n"
    assert (where / ".nnlabs/downloads").resolve() == tmp_path / "cache/downloads"


def test_a_clone_of_no_checkout_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(paths, "ROOT", tmp_path / "empty")
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path / "cache"))
    with pytest.raises(UserError, match="git clone failed"):
        checkout.clone("one", committed=True)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="git is not installed"):
        checkout.clone("one", committed=True)


# ---------------------------------------------------------------- clean


@pytest.mark.parametrize("answer", ["y", "n", None])
def test_clean_removes_what_it_named_after_a_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str | None
) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr("sys.argv", ["clean"])
    clean.main()
    assert "nothing to remove" in capsys.readouterr().out
    for name in ("models/arm/weights", "reports/page.md"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(bytes(2_500_000))

    def reply(_: str) -> str:
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", reply)
    clean.main()
    assert "2.5 MB  models" in capsys.readouterr().out
    assert (tmp_path / "models").exists() == (answer != "y")
    assert (tmp_path / "reports").exists()
