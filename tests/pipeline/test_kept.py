"""Stages that a repository keeps are those that it would read again."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dvc.dvcfile import Lockfile
from dvc.repo import Repo
from dvc.stage.serialize import to_lockfile

from nnlabs.pipeline import bookkeeping, command, kept

# dvc 3.67 asks its prefix tree in a deprecated way
pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")
PIPELINE = """
stages:
  first: {cmd: "echo ${x} > a", outs: [a]}
  second: {cmd: cat a a > b, deps: [a], outs: [{b: {cache: false}}]}
  third: {cmd: cat b b > c, deps: [b], outs: [c]}
"""
COUNTED = """
import sys
from dvc.cli import main as dvc
from dvc.repo.index import Index
from nnlabs.pipeline.command import main
read, times = Index.from_repo.__func__, []
Index.from_repo = classmethod(lambda *given, **how: times.append(1) or read(*given, **how))
whose = sys.argv.pop(1)
assert not (main() if whose == "ours" else dvc(sys.argv[1:]))
print("read", len(times))
"""


def git(root: Path, *command: str) -> str:
    named = ("git", "-c", "user.name=t", "-c", "user.email=t@localhost", *command)
    return subprocess.run(named, cwd=root, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository, run and committed."""
    root = tmp_path_factory.mktemp("made") / "root"
    root.mkdir()
    git(root, "init", "-q")
    before = Path.cwd()
    os.chdir(root)
    try:
        with Repo.init(str(root)):
            pass
        (root / "dvc.yaml").write_text(PIPELINE)
        (root / "params.yaml").write_text("x: 1\n")
        (root / ".gitignore").write_text("/a\n/c\n")
        with bookkeeping.repository(root) as repo:
            repo.reproduce()
    finally:
        os.chdir(before)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "All of it")
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, in which one works."""
    subprocess.run(["cp", "-a", made, tmp_path / "root"], check=True)
    monkeypatch.chdir(tmp_path / "root")
    return tmp_path / "root"


@pytest.fixture
def repo(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repo]:
    monkeypatch.setattr(Repo, "index", Repo.__dict__["index"])  # is put back
    kept.keep()
    with bookkeeping.repository(root) as opened:
        yield opened


def stages(repo: Repo) -> dict[str, Any]:
    """As DVC sees them once it has taken its lock or let go of it."""
    repo._reset()
    return {stage.addressing: stage for stage in repo.index.stages}


def same(repo: Repo, before: dict[str, Any]) -> bool:
    now = stages(repo)
    return now.keys() == before.keys() and all(now[name] is before[name] for name in now)


def test_an_experiment_reads_them_less_often_and_comes_out_the_same(made: Path, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(kept.__file__).parents[2]), "DVC_NO_ANALYTICS": "true"}
    environment |= {f"GIT_{who}_{what}": "t@t" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    times, trees, files = [], [], []
    for whose in ("ours", "dvc's"):
        root = tmp_path / whose
        subprocess.run(["cp", "-a", made, root], check=True)
        command = [sys.executable, "-c", COUNTED, whose, "exp", "run", "-n", "one", "-S", "x=2"]
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        times.append(int(done.stdout.split()[-1]))
        (experiment,) = git(root, "for-each-ref", "--format=%(tree)", "refs/exps/*/*/one").split()
        trees.append(experiment)
        files.append([(root / name).read_bytes() for name in ("a", "b", "c", "dvc.lock", "params.yaml")])
    assert files[0] == files[1] and files[0][2] == b"2\n" * 4
    assert trees[0] == trees[1]
    assert times[0] <= times[1] / 2


@pytest.mark.parametrize("name", ["params.yaml", "dvc.yaml", "dvc.lock", ".dvcignore"])
def test_they_are_read_again_where_a_file_is_another(root: Path, repo: Repo, name: str) -> None:
    before = stages(repo)
    assert same(repo, before)
    with (root / name).open("a") as file:
        file.write("\n# a comment\n")
    assert not same(repo, before)


def test_another_file_that_makes_stages_is_seen(root: Path, repo: Repo) -> None:
    (root / "data.txt.dvc").write_text("outs:\n- path: data.txt\n  hash: md5\n")
    before = stages(repo)
    (root / "data.txt.dvc").unlink()
    assert stages(repo).keys() == before.keys() - {"data.txt.dvc"}


def test_what_is_recorded_is_what_would_be_read(root: Path, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lockfile, "dump_stages", command.dump_stages)
    before = stages(repo)
    (root / "params.yaml").write_text("x: 3\n")
    repo.reproduce()
    old, now = before, stages(repo)
    assert not any(now[name] is old[name] for name in now)  # x is another
    assert same(repo, now)
    read = {stage.addressing: stage for stage in kept.Index.from_repo(repo).stages}
    for name, stage in now.items():
        assert to_lockfile(stage) == to_lockfile(read[name])
        assert not stage.cmd_changed and not read[name].cmd_changed


def test_what_somebody_else_has_recorded_meanwhile_is_read(root: Path, repo: Repo) -> None:
    before = stages(repo)
    with (root / "dvc.lock").open("a") as file:
        file.write("\n# somebody else's\n")
    with kept.recording(repo, [before["first"]]):
        pass
    assert not same(repo, before)
