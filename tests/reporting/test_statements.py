"""Statements of machines: how they are written and read, and the sentence on the report's first page."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from madelab import LAB, Parameters, told

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.reporting import hashes, places, statements
from nnlabs.reporting.statements import Described

Make = Callable[..., Parameters]
TWO = {"a": told(0.80, 0.82, 0.81), "b": told(0.85, 0.88, 0.86, validation=0.9)}
ONE = [Described(name="reports/lab.md", digest={"sha256": "0" * 64})]


def stated(machine: str, day: str, result: str = "PASSED", subject: list[Described] = ONE) -> Path:
    tests = {"PASSED": ["a"], "WARNED": ["b"] if result == "WARNED" else [], "FAILED": []}
    predicate: dict[str, Any] = {
        "result": result,
        "configuration": [{"name": "commit", "digest": {"gitCommit": "1" * 40}}],
        **{"passedTests": tests["PASSED"], "warnedTests": tests["WARNED"], "failedTests": []},
        **{"notEqual": [], "turned": [], "rerun": [], "versions": {"numpy": "2"}, "date": day},
        "machine": {"name": machine, "cpu": machine, "cores": 2, "gpu": None, "system": "Linux x86_64"},
    }
    return statements.write(subject, predicate)


def results() -> list[Described]:
    """What the made lab's page is made of, as dvc.yaml has it, under the names that they have in a checkout."""
    folder = paths.results(LAB)
    outs = [folder / "computed", *(folder / key / part for key in TWO for part in ("history.csv", "test"))]
    return [Described(name=str(each.relative_to(paths.ROOT)), digest=hashes.digests(each)) for each in outs]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout without anything."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "REPORTS", tmp_path / "reports")


@pytest.fixture
def lab(root: None, make_lab: Make) -> Parameters:
    return make_lab(TWO)


def test_nothing_is_said_without_a_statement(lab: Parameters) -> None:
    assert statements.told([lab]) == ""


def test_machines_are_counted_with_links(lab: Parameters) -> None:
    for machine, day, result in (
        ("an-avx2", "2026-01-01", "FAILED"),
        ("an-avx2", "2026-03-04", "PASSED"),  # the newest of a machine counts
        ("another", "2026-03-02", "PASSED"),
        ("a-third", "2026-02-01", "WARNED"),
    ):
        stated(machine, day, result, results())
    assert statements.told([lab]) == (
        "All was [run again from nothing](verified/README.md): bit-equal on 2 machines "
        "([an-avx2](verified/an-avx2-2026-03-04.json), [another](verified/another-2026-03-02.json)) "
        "and within tolerance on 1 machine ([a-third](verified/a-third-2026-02-01.json)), last on 2026-03-04."
    )


def test_a_statement_counts_as_long_as_the_results_are_those(lab: Parameters) -> None:
    stated("one", "2026-01-01", subject=[*results(), *ONE])
    assert "bit-equal on 1 machine" in statements.told([lab])
    history = paths.history(LAB, "a")
    history.write_text(history.read_text() + "\n")
    assert statements.told([lab]) == "Of earlier results: [one](verified/one-2026-01-01.json)."


def test_a_statement_has_the_form_of_in_toto(root: None) -> None:
    content = json.loads(stated("one", "2026-01-01").read_text())
    assert content.keys() == {"_type", "subject", "predicateType", "predicate"}
    assert content["_type"] == "https://in-toto.io/Statement/v1"
    assert content["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert content["subject"] == [{"name": "reports/lab.md", "digest": {"sha256": "0" * 64}}]
    assert content["predicate"]["result"] == "PASSED"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda content: content["predicate"]["passedTests"].append("more"), "it was altered since it was written"),
        (
            lambda content: content["subject"][0]["digest"].update(sha256="1" * 64),
            "it was altered since it was written",
        ),
        (lambda content: content["predicate"].update(result="GOOD"), "predicate.result: Input should be 'PASSED'"),
        (lambda content: content.update(_type="other"), "_type: Input should be"),
        (lambda content: content.pop("subject"), "subject: Field required"),
    ],
)
def test_what_was_altered_or_is_no_statement_is_refused_in_a_line(
    root: None, change: Callable[[dict[str, Any]], Any], said: str
) -> None:
    path = stated("one", "2026-01-01")
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(UserError) as refused:
        statements.read_all()
    assert str(refused.value).startswith(f"reports/verified/one-2026-01-01.json: {said}")
    assert "\n" not in str(refused.value) and "git checkout --" in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b'{"predicate": 3}'])
def test_damaged_files_are_refused_in_a_line(root: None, content: bytes) -> None:
    places.statement("one-2026-01-01").parent.mkdir(parents=True, exist_ok=True)
    places.statement("one-2026-01-01").write_bytes(content)
    with pytest.raises(UserError, match=r"^reports/verified/one-2026-01-01.json: [^\n]+$"):
        statements.read_all()


def test_another_name_is_another_machine_or_day(root: None) -> None:
    path = stated("one", "2026-01-01")
    path.rename(path.with_name("two-2026-01-01.json"))
    with pytest.raises(UserError, match="it is the statement one-2026-01-01"):
        statements.read_all()


def test_hashes_are_those_of_dvc_and_of_sha256sum(tmp_path: Path) -> None:
    """As md5sum and sha256sum print them, and as the lines are put together by hand."""
    (tmp_path / "b").mkdir()
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b" / "c.txt").write_text("c")
    md5 = {"a.txt": "0cc175b9c0f1b6a831c399e269772661", "b/c.txt": "4a8a08f09d37b73795649038408b5f33"}
    assert hashes.digests(tmp_path / "a.txt") == {
        "sha256": "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
        "dvc": md5["a.txt"],
    }
    sha256 = {name: hashlib.sha256(name[-5:-4].encode()).hexdigest() for name in md5}  # of what each holds
    listed = "".join(f"{sha256[name]}  {name}\n" for name in md5)
    tree = ", ".join(f'{{"md5": "{md5[name]}", "relpath": "{name}"}}' for name in md5)
    assert hashes.digests(tmp_path) == {
        "dirHash": hashlib.sha256(listed.encode()).hexdigest(),
        "dvc": hashlib.md5(f"[{tree}]".encode(), usedforsecurity=False).hexdigest() + ".dir",
    }
