"""Statements of what was verified, and whether they fit their commit."""

import subprocess
from pathlib import Path

import pytest
import yaml

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.pipeline import statement
from nnlabs.pipeline.comparison import Comparing, Finding
from nnlabs.reporting import hashes, places, statements

OUTS = {"models/one/seed-0.safetensors": "weights", "reports/lab.md": "page", "reports/run/records/lab.json": "seconds"}


def git(folder: Path, *arguments: str) -> str:
    named = ("-c", "user.name=t", "-c", "user.email=t@localhost")
    return subprocess.run(["git", *named, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def side(folder: Path, outs: dict[str, str]) -> Path:
    """A checkout with these files as outputs; a file of models/ as its folder."""
    for name, content in outs.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    names = dict.fromkeys(name if not name.startswith("models/") else "models/one" for name in outs)
    listed = [{"path": name, "md5": hashes.digests(folder / name)["dvc"]} for name in names]
    (folder / "dvc.lock").write_text(yaml.safe_dump({"stages": {"train": {"outs": listed}}}))
    return folder


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout, committed; what git does not track is not there."""
    folder = side(tmp_path / "ours", OUTS)
    for name in ("dvc.yaml", "params.yaml", "requirements.lock", "src/nnlabs/a.py", "stages/a.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / ".gitignore").write_text("/models/\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "Results")
    monkeypatch.setattr(paths, "ROOT", folder)
    monkeypatch.setattr(paths, "REPORTS", folder / "reports")
    return folder


def written(ours: Path, theirs: Path, *findings: Finding, holds: bool = True) -> statements.Statement:
    path = statement.write(Comparing(ours, theirs, ours / "cache"), findings, (), holds=holds)
    return statements.read(path)


def test_outputs_have_their_hashes_and_inputs_theirs(ours: Path, tmp_path: Path) -> None:
    (ours / "models/one/seed-0.safetensors").unlink()  # in a clone they are not
    theirs = side(tmp_path / "theirs", OUTS | {"reports/run/records/lab.json": "other seconds"})
    made = written(ours, theirs, Finding("one", "bit-equal"), Finding("page lab", "bit-equal"))
    found = made.predicate
    assert (found.result, found.passedTests, found.rerun) == ("PASSED", ("one", "page lab"), ())
    assert {each.name: {*each.digest} for each in made.subject} == {
        "models/one": {"dirHash", "dvc"},
        "reports/lab.md": {"sha256", "dvc"},
    }
    assert made.commit == git(ours, "rev-parse", "HEAD").strip()
    assert [each.name for each in found.configuration[1:]] == [*statement.SOURCES, *statement.TREES]
    assert made.name == f"{found.machine.name}-{found.date}"
    statement.check(made)


def test_what_came_out_otherwise_is_said_with_its_hashes(ours: Path, tmp_path: Path) -> None:
    theirs = side(tmp_path / "theirs", OUTS | {"reports/lab.md": "another page"})
    near = Finding("page lab", "within tolerance", "metric 0.1 apart, 0.2 allowed")
    made = written(ours, theirs, Finding("one", "bit-equal"), near)
    assert (made.predicate.result, made.predicate.warnedTests) == ("WARNED", ("page lab",))
    assert made.predicate.notEqual[0].why == near.why
    (other,) = made.predicate.rerun
    assert (other.name, other.digest) == ("reports/lab.md", hashes.digests(theirs / "reports/lab.md"))
    assert written(ours, theirs, holds=False).predicate.result == "FAILED"
    statement.check(made)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("reports/lab.md", "reports/lab.md has 00000000000000000000000000000000, dvc.lock of its commit"),
        ("params.yaml", "params.yaml is not that of its commit"),
        ("src/nnlabs/a.py", "src/nnlabs is not that of its commit"),
    ],
)
def test_a_statement_of_something_else_than_its_commit_is_refused(
    ours: Path, tmp_path: Path, path: str, said: str
) -> None:
    """As if it had been made of other files and then given this commit's name."""
    commit = git(ours, "rev-parse", "HEAD").strip()
    (ours / path).write_text("page" if path == "reports/lab.md" else "other")
    if path == "reports/lab.md":
        git(ours, "commit", "-q", "--allow-empty", "-m", "Same")
    git(ours, "commit", "-qam", "Other", "--allow-empty")
    made = written(ours, side(tmp_path / "theirs", OUTS))
    places.statement(made.name).unlink()
    predicate = made.predicate.model_dump(mode="json")
    predicate["configuration"][0]["digest"]["gitCommit"] = commit
    subject = [*made.subject]
    if path == "reports/lab.md":
        subject[-1] = subject[-1].model_copy(update={"digest": {"dvc": "00000000000000000000000000000000"}})
    statements.write(subject, predicate)
    with pytest.raises(UserError, match=rf"^reports/verified/{made.name}.json: {said}[^\n]*$"):
        statement.check(statements.read(places.statement(made.name)))


def test_a_commit_that_git_does_not_know_is_said(
    ours: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = written(ours, side(tmp_path / "theirs", OUTS), Finding("one", "bit-equal"))
    with pytest.raises(SystemExit) as ended:
        statement.main()
    assert ended.value.code == 0
    said = f"{made.name}: commit {made.commit[:12]}, 1 bit-equal, 0 within tolerance, 0 different\n"
    assert capsys.readouterr().out == said
    predicate = made.predicate.model_dump(mode="json")
    predicate["configuration"][0]["digest"]["gitCommit"] = "1" * 40
    statements.write(made.subject, predicate)
    with pytest.raises(SystemExit) as ended:
        statement.main()
    assert ended.value.code == 1
    error = capsys.readouterr().err
    assert "git does not know its commit 111111111111 here" in error and error.count("\n") == 1


@pytest.mark.parametrize(
    ("cpu", "gpu", "name"),
    [
        ("AMD EPYC (avx2, avx512f, avx512_bf16)", None, "amd-epyc-avx512bf16"),
        ("Intel(R) Xeon(R) Processor (avx2, avx512f, avx512_bf16, amx_bf16)", None, "intel-xeon-amxbf16"),
        ("Intel(R) Core(TM) i7-8550U CPU @ 1.80GHz (avx2)", None, "intel-core-i7-8550u-avx2"),
        ("AMD EPYC 7763 64-Core Processor (avx2)", "NVIDIA H200", "amd-epyc-7763-avx2-nvidia-h200"),
        ("arm", None, "arm"),
    ],
)
def test_a_machine_is_called_by_its_processor(cpu: str, gpu: str | None, name: str) -> None:
    assert statement.machine(cpu, gpu) == name


def test_committed_statements_fit_their_commits() -> None:
    """Those whose commit is in the history that came along."""
    for made in statements.read_all():
        known = subprocess.run(["git", "cat-file", "-e", f"{made.commit}^{{commit}}"], capture_output=True)
        if not known.returncode:
            statement.check(made)
