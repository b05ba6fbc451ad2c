"""What machines have said of the report: statements of `make verify`, and the sentence that they come to.

A statement has the form of in-toto (https://github.com/in-toto/attestation, Statement v1), its predicate that of a test
result (v0.1) with more beside it. Its checksum finds what was changed by mistake; it is no signature.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from nnlabs.core import paths
from nnlabs.core.errors import UserError, said
from nnlabs.core.fields import Frozen
from nnlabs.core.files import write_json
from nnlabs.reporting import places
from nnlabs.reporting.hashes import Digests, digests
from nnlabs.reporting.sentences import counted, listed

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
COMMIT = "commit"
"""The name that a statement's configuration has for the commit."""
RESULTS = "reports/results/"
"""What all pages are made of: a statement counts for the report as long as these are the ones that it speaks of."""
WORDS = {"PASSED": "bit-equal", "WARNED": "within tolerance", "FAILED": "different"}
"""What a result is called here."""


class Described(Frozen):
    """A thing by its hashes: in-toto's ResourceDescriptor."""

    name: str
    digest: Digests = Field(min_length=1)


class NotEqual(Frozen):
    """What did not come out bit-equal, and how far it was off."""

    name: str
    why: str


class Turned(Frozen):
    """A verdict of a page that came out as another one."""

    name: str
    before: str
    now: str


class Machine(Frozen):
    name: str
    """A kind of processor and its instructions, never a host."""
    cpu: str
    cores: int | None
    gpu: str | None
    system: str


class Predicate(Frozen):
    """A test result of in-toto; what stands below `failedTests` is beyond it."""

    result: Literal["PASSED", "WARNED", "FAILED"]
    configuration: tuple[Described, ...]
    """The commit, and by name what everything was made of."""
    passedTests: tuple[str, ...]  # noqa: N815
    warnedTests: tuple[str, ...]  # noqa: N815
    failedTests: tuple[str, ...]  # noqa: N815
    notEqual: tuple[NotEqual, ...]  # noqa: N815
    turned: tuple[Turned, ...]
    rerun: tuple[Described, ...]
    """What came out otherwise: outputs with the hashes that they have now."""
    machine: Machine
    versions: dict[str, str]
    date: dt.date
    sha256: str
    """Of the statement without this."""


class Statement(Frozen):
    model_config = ConfigDict(serialize_by_alias=True)

    type: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    subject: tuple[Described, ...] = Field(min_length=1)
    """Every output as it was committed."""
    predicateType: Literal["https://in-toto.io/attestation/test-result/v0.1"]  # noqa: N815
    predicate: Predicate

    @property
    def name(self) -> str:
        return f"{self.predicate.machine.name}-{self.predicate.date}"

    @property
    def commit(self) -> str:
        return next(each.digest["gitCommit"] for each in self.predicate.configuration if "gitCommit" in each.digest)


def write(subject: Iterable[Described], predicate: Mapping[str, Any]) -> Path:
    """Write a statement in place of an older one of the same machine and day; `predicate` lacks the checksum alone."""
    content = {
        "_type": TYPE,
        "subject": [each.model_dump() for each in subject],
        "predicateType": PREDICATE,
        "predicate": {**predicate, "sha256": ""},
    }
    made = Statement.model_validate(content)
    written = made.model_dump(mode="json")
    written["predicate"]["sha256"] = checksum(written)
    path = places.statement(made.name)
    write_json(path, written)
    return path


def checksum(content: Mapping[str, Any]) -> str:
    """SHA-256 of a statement's JSON, keys sorted and without spaces, its own checksum left out."""
    bare = {**content, "predicate": {key: value for key, value in content["predicate"].items() if key != "sha256"}}
    text = json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_all() -> list[Statement]:
    """Every statement, by name.

    Raises
    ------
    UserError
        Where one is no statement, or not as it was written.
    """
    return [read(path) for path in sorted(places.statements().glob("*.json"))]


def read(path: Path) -> Statement:
    """One statement.

    Raises
    ------
    UserError
        Where it is none, or not as it was written.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = Statement.model_validate(content)
        if checksum(content) != found.predicate.sha256:
            raise ValueError("it was altered since it was written")
        if found.name != path.stem:
            raise ValueError(f"it is the statement {found.name}")
        if not any("gitCommit" in each.digest for each in found.predicate.configuration):
            raise ValueError("it names no commit")
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            error = ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
        raise refused(path.name, said(error)) from None
    return found


def refused(file: str, why: str) -> UserError:
    place = places.statements().relative_to(paths.ROOT) / file
    return UserError(f"{place}: {why}; `git checkout -- {place}` brings back what was committed, or remove the file")


def told(labs: Iterable[Mapping[str, Any]]) -> str:
    """A sentence or two about all statements, with links from the report's first page; empty without any.

    `labs` are what the report is told of. Of each machine the newest statement counts that speaks of the results that
    are there now.

    Raises
    ------
    UserError
        As `read`.
    """
    statements = sorted(read_all(), key=lambda each: each.predicate.date)
    if not statements:
        return ""
    now = {path.relative_to(paths.ROOT).as_posix(): digests(path) for path in _results(labs)}
    holding = [each for each in statements if _results_of(each) == now]
    newest = {each.predicate.machine.name: each for each in holding}
    groups: dict[str, list[str]] = {}
    for each in sorted(newest.values(), key=lambda each: each.name):
        groups.setdefault(each.predicate.result, []).append(_link(each))
    parts = [
        f"{words} on {counted(len(groups[result]), 'machine')} ({', '.join(groups[result])})"
        for result, words in WORDS.items()
        if result in groups
    ]
    sentences = []
    if parts:
        last = holding[-1].predicate.date
        sentences.append(f"All was [run again from nothing](verified/README.md): {listed(parts)}, last on {last}.")
    if earlier := [_link(each) for each in statements if each not in holding]:
        sentences.append(f"Of earlier results: {', '.join(earlier)}.")
    return "\n".join(sentences)


def _link(statement: Statement) -> str:
    return f"[{statement.predicate.machine.name}](verified/{statement.name}.json)"


def _results(labs: Iterable[Mapping[str, Any]]) -> Iterator[Path]:
    """What all pages are made of, but for what the default run leaves out."""
    for lab in labs:
        yield paths.computed(lab["lab"])
        for variant in lab["variants"]:
            if variant["default"]:
                yield from (paths.history(lab["lab"], variant["id"]), paths.tested(lab["lab"], variant["id"]))


def _results_of(statement: Statement) -> dict[str, Digests]:
    return {each.name: each.digest for each in statement.subject if each.name.startswith(RESULTS)}
