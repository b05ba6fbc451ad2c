"""What a kill or a full disk has left of DVC's bookkeeping is put right, and nobody who is at work is disturbed."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from dvc.repo import Repo

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.pipeline import bookkeeping, lockfile
from nnlabs.pipeline.repository import opened

# dvc 3.67 asks its prefix tree in a deprecated way
pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")
PIPELINE = """
stages:
  first: {cmd: echo 1 > a, outs: [a]}
  second: {cmd: cat a > b, deps: [a], outs: [b]}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository without git, run."""
    root = tmp_path_factory.mktemp("made") / "root"
    root.mkdir()
    with Repo.init(str(root), no_scm=True):
        pass
    (root / ".dvc" / "config").unlink()  # which says that there is no git: a packed tree has no such word
    (root / "dvc.yaml").write_text(PIPELINE)
    before = Path.cwd()
    os.chdir(root)
    try:
        with bookkeeping.repository(root) as repo:
            repo.reproduce()
    finally:
        os.chdir(before)
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, which is the checkout."""
    subprocess.run(["cp", "-a", made, tmp_path / "root"], check=True)
    monkeypatch.chdir(tmp_path / "root")
    for name, folder in (("ROOT", "."), ("DATA", "data"), ("MODELS", "models"), ("PREDICTIONS", "predictions")):
        monkeypatch.setattr(paths, name, (tmp_path / "root" / folder).resolve())
    monkeypatch.setattr(paths, "REPORTS", tmp_path / "root" / "reports")
    return tmp_path / "root"


def stale() -> list[str]:
    """Stages that would run, as the repository is opened."""
    with opened() as repository:
        return [name for name in ("first", "second") if repository.changed(name)]


def test_a_tree_without_git_is_a_repository(root: Path) -> None:
    assert stale() == []


@pytest.mark.parametrize("left", ["", "{", '{"write": {"/a/b', "[]", '{"write": {"a": {}}}', "\0\0"])
def test_a_cut_note_of_what_is_in_use_is_no_obstacle(root: Path, left: str) -> None:
    (root / ".dvc" / "tmp" / "rwlock").write_text(left)
    assert stale() == []
    assert json.loads((root / ".dvc" / "tmp" / "rwlock").read_text()).keys() <= {"read", "write"}


def test_a_number_that_now_is_another_programs_is_no_obstacle(root: Path) -> None:
    note = {"write": {str(root / "a"): {"pid": 1, "cmd": "dvc repro"}}}
    (root / ".dvc" / "tmp" / "rwlock").write_text(json.dumps(note))
    assert stale() == []


@pytest.mark.parametrize("note", ["whole", "cut"])
def test_a_dvc_that_waits_for_its_stage_is_named(root: Path, tmp_path: Path, note: str) -> None:
    dvc = tmp_path / "dvc"
    dvc.write_text("input()")
    with subprocess.Popen([sys.executable, dvc, "repro"], stdin=subprocess.PIPE) as other:
        whole = json.dumps({"write": {str(root / "a"): {"pid": other.pid, "cmd": "dvc repro"}}})
        (root / ".dvc" / "tmp" / "rwlock").write_text(whole if note == "whole" else whole[:10])
        said = rf"`{dvc} repro` \(process {other.pid}, since \d\d:\d\d\) is at work in this folder; wait for its end"
        with pytest.raises(UserError, match=said):
            stale()
        assert (root / ".dvc" / "tmp" / "rwlock").exists()
        other.communicate(b"\n")


@pytest.mark.parametrize("ignoring", [False, True])
def test_a_stage_that_nobody_waits_for_is_ended(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, ignoring: bool
) -> None:
    monkeypatch.setattr(bookkeeping, "PATIENCE", tuple((how, 0.3) for how, _ in bookkeeping.PATIENCE))
    ignore = "import signal; [signal.signal(s, signal.SIG_IGN) for s in (signal.SIGINT, signal.SIGTERM)]; "
    script = f"{ignore if ignoring else ''}print(1, flush=True); import time; time.sleep(60)"
    environment = os.environ | {"DVC_STAGE": "train@x", "DVC_ROOT": str(root)}
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with (
        subprocess.Popen([sys.executable, "-c", script], env=environment, **quiet) as left,  # type: ignore[call-overload]
        subprocess.Popen([sys.executable, "-c", script], env=os.environ | {"DVC_STAGE": "x"}, **quiet) as other,  # type: ignore[call-overload]
    ):
        for process in (left, other):
            process.stdout.readline()
        assert stale() == []
        assert not psutil.pid_exists(left.pid) or left.poll() is not None
        assert other.poll() is None
        other.kill()
    assert capsys.readouterr().out == "a run that was killed has left train@x at work: ending that\n"


@pytest.mark.parametrize(("folder", "ended"), [(".", True), (".nnlabs/quick", False)])
def test_a_clone_that_is_at_work_is_left_alone(root: Path, folder: str, ended: bool) -> None:
    (root / folder).mkdir(parents=True, exist_ok=True)
    script = root / folder / "executors" / "forking.py"
    script.parent.mkdir()
    script.write_text("print(1, flush=True); import time; time.sleep(60)")
    with subprocess.Popen([sys.executable, str(script)], cwd=root / folder, stdout=subprocess.PIPE) as at_work:
        assert at_work.stdout
        at_work.stdout.readline()
        stale()
        assert (at_work.poll() is not None) == ended
        at_work.kill()


def test_what_was_still_to_be_renamed_is_removed(root: Path) -> None:
    left = [
        *(".dvc/cache/files/md5/ab/.Jm9_k-7s0aBcDeFgHiJkLm.tmp", ".dvc/cache/runs/ab/c/.Jm9_k-7s0aBcDeFgHiJkLm.tmp"),
        *("reports/results/x/.Jm9_k-7s0aBcDeFgHiJkLm.tmp", "reports/results/x/.history.csv.part", "data/.x.part/meta"),
    ]
    kept = ["reports/results/x/a.tmp", "reports/results/x/.part", "data/x/meta"]
    for name in (*left, *kept):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    assert stale() == []
    assert [name for name in (*left, *kept) if (root / name).exists()] == kept
    assert not (root / "data" / ".x.part").exists()


@pytest.mark.parametrize("left", ["", ".Jm9_k-7s0aBcDeFgHiJkLm.tmp"])
def test_a_note_that_was_never_written_is_no_obstacle(root: Path, left: str) -> None:
    """A kill or a full disk comes between the folder for what a stage made and the note in it."""
    (note,) = [path for path in (root / ".dvc" / "cache" / "runs").glob("*/*/*") if "cat a" in path.read_text()]
    note.unlink()
    (root / "dvc.lock").unlink()  # where DVC looks first
    if left:
        (note.parent / left).touch()
    with opened() as repository:
        assert repository.begin("second")
    (root / ".dvc" / "config").write_text("[core]\nno_scm = true\n")
    environment = os.environ | {"PYTHONPATH": str(Path(bookkeeping.__file__).parents[2])}
    repro = [sys.executable, "-m", "nnlabs.pipeline.command", "repro", "-q"]
    assert subprocess.run(repro, env=environment).returncode == 0


@pytest.mark.parametrize("damage", ["head", "page", "empty"])
def test_a_damaged_memory_of_hashes_begins_anew(root: Path, damage: str, capsys: pytest.CaptureFixture[str]) -> None:
    with bookkeeping.repository(root) as repo:
        repo.status()
        database = Path(repo.state.hashes.directory) / "cache.db"
        for i in range(300):
            repo.state.hashes.set(f"k{i}", "v" * 50)
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(database.read_bytes())
    if damage == "head":
        content[:100] = b"x" * 100
    elif damage == "page":
        content[len(content) // 2 :] = b"x" * (len(content) - len(content) // 2)
    database.write_bytes(b"" if damage == "empty" else bytes(content))
    assert stale() == []
    said = "DVC's memory of the files' hashes was damaged; it begins anew\n"
    assert capsys.readouterr().out == ("" if damage == "empty" else said)
    assert stale() == []


# ---------------------------------------------------------------- dvc.lock


def test_a_lock_cut_anywhere_keeps_its_whole_stages(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = (root / "dvc.lock").read_text()
    second = whole.index("  second:")
    for cut, missing in ((0, 2), (5, 2), (20, 2), (second - 9, 2), (second + 30, 1), (len(whole) - 4, 1)):
        (root / "dvc.lock").write_text(whole[:cut])
        assert len(stale()) == missing, cut
    told = capsys.readouterr().out
    assert "dvc.lock ended in the middle of second; what comes before stays\n" in told
    assert "dvc.lock ended in the middle of its head" in told
    assert (root / "dvc.lock").read_text() == whole[:second]


def test_a_lock_that_is_no_lock_is_left_and_git_is_named(root: Path) -> None:
    whole = (root / "dvc.lock").read_text()
    conflict = whole.replace("  second:", "<<<<<<< HEAD\n  second:")
    for text in (conflict, whole.replace("    cmd:", "\tcmd:", 1), "nothing of the kind\n", "\0"):
        (root / "dvc.lock").write_text(text)
        with pytest.raises(UserError, match=r"git checkout -- dvc\.lock"):
            stale()
        assert (root / "dvc.lock").read_text() == text
    assert not lockfile.mend(root / "none")


def test_a_whole_lock_stays_where_something_else_cannot_be_read(root: Path) -> None:
    whole = (root / "dvc.lock").read_text()
    with (root / "dvc.yaml").open("a") as file:
        file.write("  more: 1\n")
    with pytest.raises(UserError, match=r"dvc\.yaml"):
        stale()
    assert (root / "dvc.lock").read_text() == whole
