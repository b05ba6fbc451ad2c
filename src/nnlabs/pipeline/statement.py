"""A machine's statement of what `make verify` has found, and whether one fits its commit.

`python -m nnlabs.pipeline.statement` looks at all of them.
"""

import datetime as dt
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from nnlabs.core import paths, runtime
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.pipeline import checkout, locked
from nnlabs.pipeline.comparison import RECORDS, Comparing, Finding, Turned
from nnlabs.reporting import places, statements
from nnlabs.reporting.hashes import digests
from nnlabs.reporting.statements import COMMIT, Described, Statement

SOURCES = ("dvc.lock", "dvc.yaml", "params.yaml", "requirements.lock")
TREES = ("src/nnlabs", "stages")
"""What everything is made of, beside data: files by SHA-256, folders as git has them."""
RUN = "reports/run"
"""What may differ between two honest runs."""
INSTRUCTIONS = re.compile(r" \(([a-z0-9_]+(?:, [a-z0-9_]+)*)\)$")
"""How `core.runtime` ends the name of a processor."""
NOISE = re.compile(r"\((R|TM)\)|\bCPU\b|\bProcessor\b|\b\d+-Core\b|@.*", re.I)


def write(comparing: Comparing, findings: Sequence[Finding], turned: Sequence[Turned], *, holds: bool) -> Path:
    """Write what a whole rerun has found; `holds` is whether all is equal or within tolerance."""
    by_verdict: dict[str, list[str]] = {"bit-equal": [], "within tolerance": [], "different": []}
    for finding in findings:
        by_verdict[finding.verdict].append(finding.what)
    equal = not by_verdict["within tolerance"]
    subject, rerun = _outputs(comparing)
    told = runtime.machine()
    gpu = _gpu(comparing.theirs)
    predicate = {
        "result": "FAILED" if not holds else "PASSED" if equal else "WARNED",
        "configuration": [each.model_dump() for each in configuration(comparing.ours, "HEAD")],
        "passedTests": by_verdict["bit-equal"],
        "warnedTests": by_verdict["within tolerance"],
        "failedTests": by_verdict["different"],
        "notEqual": [{"name": each.what, "why": each.why} for each in findings if each.verdict != "bit-equal"],
        "turned": [{"name": each.what, "before": each.before, "now": each.now} for each in turned],
        "rerun": [each.model_dump() for each in rerun],
        "machine": {"name": machine(told["cpu"], gpu), "cpu": told["cpu"], "cores": told["cores"], "gpu": gpu}
        | {"system": told["system"]},
        "versions": {name: version for name, version in told["versions"].items() if name != "nnlabs"},
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }
    return statements.write(subject, predicate)


def machine(cpu: str, gpu: str | None) -> str:
    """The kind of machine as a file's name: 'amd-epyc-avx512bf16' of 'AMD EPYC (avx2, avx512f, avx512_bf16)'."""
    found = INSTRUCTIONS.search(cpu)
    last = found[1].split(", ")[-1].replace("_", "") if found else ""
    words = f"{NOISE.sub(' ', INSTRUCTIONS.sub('', cpu))} {last} {gpu or ''}"
    return "-".join(re.findall(r"[a-z0-9]+", words.lower()))


def configuration(where: Path, commit: str) -> Iterator[Described]:
    """The commit, and what everything was made of then, as git has it.

    Raises
    ------
    UserError
        Where git knows no such commit, or lacks a file of it.
    """
    revision = checkout.git("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}", where=where).decode().strip()
    yield Described(name=COMMIT, digest={"gitCommit": revision})
    for name in SOURCES:
        content = checkout.git("show", f"{revision}:./{name}", where=where)
        yield Described(name=name, digest={"sha256": hashlib.sha256(content).hexdigest()})
    for name in TREES:
        tree = checkout.git("rev-parse", f"{revision}:./{name}", where=where).decode().strip()
        yield Described(name=name, digest={"gitTree": tree})


def _outputs(comparing: Comparing) -> tuple[list[Described], list[Described]]:
    """What was committed, and what of it came out otherwise.

    Of what git does not have and came out otherwise only the hash of dvc.lock is known.
    """
    subject, rerun = [], []
    ours, theirs = (outputs((side / "dvc.lock").read_bytes()) for side in (comparing.ours, comparing.theirs))
    for name, md5 in ours.items():
        found = [digests(side / name) for side in (comparing.ours, comparing.theirs) if (side / name).exists()]
        subject.append(Described(name=name, digest=next((each for each in found if each["dvc"] == md5), {"dvc": md5})))
        if name in theirs and theirs[name] != md5:
            rerun.append(Described(name=name, digest=digests(comparing.theirs / name)))
    return subject, rerun


def outputs(lock: bytes) -> dict[str, str]:
    """The hash of every output of a dvc.lock, but for what may differ between two honest runs."""
    outs = (out for stage in locked.parse(lock).stages.values() for out in stage.outs)
    return {out.path: out.md5 for out in outs if not out.path.startswith(RUN)}


def _gpu(where: Path) -> str | None:
    """The card that a training used."""
    for record in sorted((where / RECORDS).glob("*/*.json")):
        if gpu := json.loads(record.read_text(encoding="utf-8")).get("gpu"):
            return str(gpu)
    return None


def check(statement: Statement) -> None:
    """Compare a statement with its commit.

    Raises
    ------
    UserError
        Where git does not know the commit, or something is other than it was there; it names the first.
    """
    commit, file = statement.commit, f"{statement.name}.json"
    try:
        there = {each.name: each.digest for each in configuration(paths.ROOT, commit)}
        locked = outputs(checkout.git("show", f"{commit}:./dvc.lock", where=paths.ROOT))
    except UserError as error:
        if "no git repository" in str(error) or "not installed" in str(error):
            raise
        why = f"git does not know its commit {commit[:12]} here; in a shallow clone `git fetch --unshallow` brings it"
        raise statements.refused(file, why) from None
    for each in statement.predicate.configuration:
        if there.get(each.name) != each.digest:
            raise statements.refused(file, f"{each.name} is not that of its commit {commit[:12]}")
    told = {each.name: each.digest.get("dvc") for each in statement.subject}
    for name in [*locked, *told]:
        if told.get(name) != locked.get(name):
            found, allowed = (side.get(name) or "no hash" for side in (told, locked))
            why = f"{name} has {found}, dvc.lock of its commit {commit[:12]} has {allowed}"
            raise statements.refused(file, why)


def main() -> None:
    """A line a statement; status 1 where one is refused."""
    refusals = 0
    there = sorted(places.statements().glob("*.json"))
    if not there:
        print("no statement yet: a whole `make verify` leaves one")
    for path in there:
        try:
            statement = statements.read(path)
            check(statement)
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            refusals += 1
            continue
        found = statement.predicate
        counts = f"{len(found.passedTests)} bit-equal, {len(found.warnedTests)} within tolerance"
        print(f"{statement.name}: commit {statement.commit[:12]}, {counts}, {len(found.failedTests)} different")
    sys.exit(refusals > 0)


if __name__ == "__main__":
    with one_line_errors():
        main()
