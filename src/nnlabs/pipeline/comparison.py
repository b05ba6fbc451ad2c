"""Two checkouts side by side, the committed one and a rerun: what of it is equal, agrees or is different.

All that belongs to one thing, a variant, a dataset, a page, is one finding. Where both sides' records name the same
machine for it, it has to be the same to the bit, and so have settings and prepared data anywhere; else it has to agree
by what it means (`agreement`), and what is made of it follows.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import yaml

from nnlabs.evaluation import outcomes
from nnlabs.evaluation.outcomes import Outcomes
from nnlabs.evaluation.statistics import Comparison, Sample, compare_asked, with_first
from nnlabs.pipeline import agreement
from nnlabs.pipeline.agreement import Quantity

Verdict = Literal["bit-equal", "within tolerance", "different"]
MACHINE = ("cpu", "gpu", "system", "device", "precision", "processes")
"""What of a run's record decides its arithmetic, beside the versions of libraries."""
NUMBER = re.compile(r"[+−-]?\d[\d,.]*(?:e[+-]?\d+)?")


@dataclass(frozen=True)
class Finding:
    what: str
    verdict: Verdict
    why: str = ""
    details: tuple[str, ...] = ()
    """Every file, hash and number that is not the same."""


@dataclass(frozen=True)
class Turned:
    """A verdict of a page that is another one now."""

    what: str
    before: str
    now: str

    @property
    def opposite(self) -> bool:
        return {self.before, self.now} == {"better", "worse"}


@dataclass(frozen=True, order=True)
class Subject:
    """What a file or a hash is of."""

    kind: Literal["settings", "data", "computed", "variant", "page", "report"]
    name: str = ""
    """A dataset, variant or lab."""

    def __str__(self) -> str:
        return self.name if self.kind == "variant" else f"{self.kind} {self.name}".strip()


@dataclass
class Comparing:
    """The committed checkout `ours` and the rerun `theirs`.

    `objects` is a DVC cache that may still have what `ours` has only the hash of.
    """

    ours: Path
    theirs: Path
    objects: Path
    machines: Counter[str] = field(default_factory=Counter)
    """What tells the two machines of a result apart, with how many results; empty of those on machines of one kind."""

    def findings(self, files: Iterable[str]) -> Iterator[Finding]:
        """Compare tracked files and the hashes of dvc.lock, but for reports/run."""
        unequal: dict[Subject, list[str]] = {}
        for file in files:
            if (self.theirs / file).is_file():
                same = (self.ours / file).read_bytes() == (self.theirs / file).read_bytes()
            else:
                same, file = False, f"{file} was not made"
            unequal.setdefault(self.subject(file.removesuffix(" was not made")), []).extend([] if same else [file])
        for path, md5 in self._hashes[1].items():
            if not path.startswith("reports/run"):
                same = self._hashes[0].get(path) == md5
                unequal.setdefault(self.subject(path), []).extend([] if same else [f"hash of {path}"])
        for subject in sorted(unequal):  # pages and the report come after what they are made of
            yield self._judged(subject, unequal[subject])

    def _judged(self, subject: Subject, unequal: list[str]) -> Finding:
        elsewhere = self._elsewhere(subject)
        if not unequal:
            return Finding(str(subject), "bit-equal")
        if missing := [each for each in unequal if each.endswith("was not made")]:
            return Finding(str(subject), "different", missing[0], (*unequal,))
        if not elsewhere:
            why = f"{len(unequal)} of its files and hashes are others, on the same machine"
            return Finding(str(subject), "different", why, (*unequal,))
        measured = [*self._measured(subject)]
        broken = [each for each in measured if not each.holds]
        told = (*map(str, measured), *unequal)
        if broken:
            return Finding(str(subject), "different", str(broken[0]), told)
        return Finding(str(subject), "within tolerance", str(measured[0]) if measured else "follows", told)

    def _elsewhere(self, subject: Subject) -> bool:
        """Whether the subject, or anything that a page is made of, was made on two machines of different kinds."""
        match subject.kind:
            case "settings":
                return False
            case "page":
                return any(self._differ(path) for path in (self.ours / RECORDS / subject.name).glob("*.json"))
            case "report":
                return any(self._differ(path) for path in (self.ours / RECORDS).glob("*/*.json"))
        record = self._record(subject)
        if record is None:
            return False
        ours, theirs = (_machine(side / record) for side in (self.ours, self.theirs))
        changed = [key for key in ours | theirs if ours.get(key) != theirs.get(key)]
        self.machines[", ".join(f"{ours.get(key, 'none')} -> {theirs.get(key, 'none')}" for key in changed)] += 1
        return bool(changed)

    def _differ(self, record: Path) -> bool:
        return _machine(record) != _machine(self.theirs / record.relative_to(self.ours))

    def _record(self, subject: Subject) -> Path | None:
        """The record of its run; prepared data have none that names a machine: they are the same on all."""
        match subject.kind:
            case "variant":
                record = RECORDS / self._lab_of.get(subject.name, "") / f"{subject.name}.json"
            case "computed":
                record = RECORDS / subject.name / "computed.json"
            case _:
                record = RECORDS / "features" / f"{subject.name}.json"
        return record if (self.ours / record).is_file() else None

    def _measured(self, subject: Subject) -> Iterator[Quantity]:
        """What both sides have of the subject, measured by what it means; nothing of what follows from others."""
        match subject.kind:
            case "variant":
                results = Path("reports", "results", self._lab_of[subject.name], subject.name)
                yield from agreement.scores(*self._both(results / "test" / "scores.json"))
                yield from agreement.history(*self._both(results / "history.csv"))
                if (self.ours / results / "test" / outcomes.FILE).is_file():  # what is left out may have come without
                    yield from agreement.predictions(*self._both(results / "test" / outcomes.FILE))
            case "computed":
                yield from agreement.computed(*self._both(Path("reports", "results", subject.name, "computed")))
            case "page":
                yield from agreement.metrics(*self._both(Path("reports", "metrics", subject.name)))
            case "data":
                for ours, theirs in self._cached_arrays(f"data/{subject.name}"):
                    yield from agreement.features(ours, theirs)

    def _both(self, path: Path) -> tuple[Path, Path]:
        return self.ours / path, self.theirs / path

    def _cached_arrays(self, folder: str) -> Iterator[tuple[Path, Path]]:
        listed = self._object(self._hashes[0].get(folder, ""))
        for entry in json.loads(listed.read_text(encoding="utf-8")) if listed else []:
            found, theirs = self._object(entry["md5"]), self.theirs / folder / entry["relpath"]
            if theirs.name.endswith("_images.npy") and found and theirs.is_file():
                yield found, theirs

    def _object(self, md5: str) -> Path | None:
        path = self.objects / "files" / "md5" / md5[:2] / md5[2:]
        return path if md5 and path.is_file() else None

    @cached_property
    def _hashes(self) -> tuple[dict[str, str], dict[str, str]]:
        """What dvc.lock says of each path, ours and theirs."""
        ours, theirs = (_hashes(side) for side in (self.ours, self.theirs))
        return ours, theirs

    @cached_property
    def _lab_of(self) -> dict[str, str]:
        """The lab of each variant that has results."""
        folders = sorted((self.ours / "reports" / "results").glob("*/*/"))
        return {folder.name: folder.parent.name for folder in folders if folder.name != "computed"}

    def subject(self, path: str) -> Subject:
        match PurePosixPath(path).parts:
            case ("reports", "results", lab, "computed", *_):
                return Subject("computed", lab)
            case ("reports", "results", _, variant, *_):
                return Subject("variant", variant)
            case ("reports", "results", lab):
                return Subject("page", lab)
            case ("reports", "README.md" | "claims.md" | "results" | "answers") | ("reports", "figures", "montage.svg"):
                return Subject("report")
            case ("reports", "answers" | "figures" | "metrics" | "plots", lab, *_) | ("reports", lab):
                if lab not in ("settings", "metrics", "plots", "figures", "verified"):
                    return Subject("page", lab.partition(".")[0])
            case ("data", name, *_):
                return Subject("data", name)
            case ("models" | "predictions", name, *_):
                key = name.removesuffix(".safetensors")
                return Subject("variant" if key in self._lab_of else "computed", key)
        return Subject("settings")

    def verdicts(self) -> tuple[int, list[Turned]]:
        """Of all pages that both sides have: how many verdicts stayed, and those that turned."""
        ours, theirs = (_verdicts(side) for side in (self.ours, self.theirs))
        both = [name for name in ours if name in theirs]
        turned = [Turned(name, ours[name], theirs[name]) for name in both if ours[name] != theirs[name]]
        return len(both) - len(turned), turned


RECORDS = Path("reports", "run", "records")


def _machine(record: Path) -> dict[str, str]:
    """What the record says of the machine, as one reads it; nothing where none was recorded."""
    try:
        content = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    versions = {name: version for name, version in content.get("versions", {}).items() if name != "nnlabs"}
    told = {key: str(content[key]) for key in MACHINE if content.get(key) is not None}
    return told | {name: f"{name} {version}" for name, version in versions.items()}


def _hashes(side: Path) -> dict[str, str]:
    stages = yaml.safe_load((side / "dvc.lock").read_text(encoding="utf-8"))["stages"]
    return {
        item["path"]: item["md5"]
        for content in stages.values()
        for item in (*content.get("deps", ()), *content.get("outs", ()))
    }


def _verdicts(side: Path) -> dict[str, str]:
    """Every verdict of the report by a name that says where it is: comparisons, and each page's answer in words."""
    found = {}
    for path in sorted((side / "reports" / "settings" / "page").glob("*.json")):
        asked = json.loads(path.read_text(encoding="utf-8"))["parameters"]
        for key, compared in _compared(side, asked).items():
            for each in compared:
                found[f"{path.stem}, {key}: {each.variant} against {each.reference}"] = _said(each)
    for path in sorted((side / "reports" / "answers").glob("*.json")):
        answer = json.loads(path.read_text(encoding="utf-8"))["answer"]
        found[f"{path.stem}, its answer"] = NUMBER.sub("#", answer)
    return found


def _compared(side: Path, asked: dict[str, Any]) -> dict[str, list[Comparison]]:
    """The comparisons of a lab's page, by question, as the page has them."""
    default = {each["id"]: each["default"] for each in asked["variants"]}
    samples = {}
    for key in default:
        folder = side / "reports" / "results" / asked["lab"] / key / "test"
        if default[key] or (folder / outcomes.FILE).exists():  # what is left out may not have been measured
            scores = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
            seen = Outcomes.read(folder / outcomes.FILE).of(scores["confusion"], asked["score"])
            samples[key] = Sample.of(scores[asked["score"]], seen)
    questions = {}
    for each in asked["comparisons"]:
        left_out = not any(default.get(key, True) for key in each["variants"])  # then those are compared
        there = [key for key in each["variants"] if (default.get(key) or left_out) and key in samples]
        pairs = [(variant, reference) for variant, reference in each["pairs"]]
        questions[each["key"]] = with_first(there) + pairs
    return compare_asked(samples, questions)


def _said(compared: Comparison) -> str:
    if not compared.found:
        return "cannot tell"
    return "better" if compared.better else "worse"
