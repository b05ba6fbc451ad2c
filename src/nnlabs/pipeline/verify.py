"""Run everything again and compare: `python -m nnlabs.pipeline.verify --jobs 2 [--quick]`.

A fresh clone of what is committed, a fresh DVC cache and no checkpoint, so that nothing can be
taken from an earlier run; downloads are shared, for their content is verified anyway.

On the processor that the committed results came from, every tracked output and every hash in
dvc.lock must be the same to the bit, but for reports/run. On another processor the last bits
of trained weights differ, so accuracies must agree within three standard errors over seeds,
and what is computed from them follows.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from nnlabs.config import whole
from nnlabs.core import paths
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.pipeline import checkout
from nnlabs.pipeline.plan import recorded_seconds

ERRORS = 3.0
"""Standard errors over seeds that two honest runs on different processors may lie apart."""


@dataclass(frozen=True)
class Finding:
    what: str
    verdict: str  # "bit-equal", "within tolerance" or "different"
    why: str = ""


def compare(ours: Path, theirs: Path, files: list[str]) -> list[Finding]:
    """Compare the committed checkout `ours` with the rerun `theirs`, file by file and hash by hash."""
    processors = _processors(ours), _processors(theirs)
    elsewhere = processors[0] != processors[1]
    note = f"committed on {processors[0]}, now on {processors[1]}" if elsewhere else ""
    findings = []
    for file in files:
        if (theirs / file).is_file() and (ours / file).read_bytes() == (theirs / file).read_bytes():
            findings.append(Finding(file, "bit-equal"))
        elif not (theirs / file).is_file():
            findings.append(Finding(file, "different", "was not made"))
        elif elsewhere and Path(file).name == "scores.json":
            findings.append(_accuracy(ours, theirs, file, note))
        else:
            findings.append(Finding(file, "follows" if elsewhere and _derived(file) else "different", note))
    findings += _hashes(ours, theirs, elsewhere, note)
    agree = all(finding.verdict != "different" for finding in findings)
    follows = (
        ("within tolerance", f"follows from accuracies within tolerance; {note}") if agree else ("different", note)
    )
    return [Finding(each.what, *follows) if each.verdict == "follows" else each for each in findings]


def _derived(name: str) -> bool:
    """Whether a file depends on trained weights, so that another processor may change it."""
    return name.startswith(("reports/", "models/", "predictions/")) and not name.startswith("reports/settings/")


def _accuracy(ours: Path, theirs: Path, file: str, note: str) -> Finding:
    first, second = (json.loads((side / file).read_text(encoding="utf-8")) for side in (ours, theirs))
    apart = abs(float(np.mean(first["accuracy"])) - float(np.mean(second["accuracy"])))
    allowed = ERRORS * sqrt(_variance(first) + _variance(second))
    why = f"accuracies {apart:.5f} apart, {allowed:.5f} allowed; {note}"
    return Finding(file, "within tolerance" if apart <= allowed else "different", why)


def _variance(scores: dict[str, Any]) -> float:
    """Squared standard error of the mean accuracy; of the test set's sampling where there is one seed."""
    values = scores["accuracy"]
    if len(values) > 1:
        return float(np.var(values, ddof=1)) / len(values)
    return float(scores["sampling_error"] / 1.96) ** 2


def _hashes(ours: Path, theirs: Path, elsewhere: bool, note: str) -> Iterator[Finding]:
    first, second = _lock(ours), _lock(theirs)
    for stage, path in second:
        if path.startswith("reports/run"):
            continue
        name = f"dvc.lock: {stage}, {path}"
        if first.get((stage, path)) == second[stage, path]:
            yield Finding(name, "bit-equal")
        else:
            yield Finding(name, "follows" if elsewhere and _derived(path) else "different", note)


def _lock(side: Path) -> dict[tuple[str, str], str]:
    stages = yaml.safe_load((side / "dvc.lock").read_text(encoding="utf-8"))["stages"]
    return {
        (stage, item["path"]): item["md5"]
        for stage, content in stages.items()
        for kind in ("deps", "outs")
        for item in content.get(kind, [])
    }


def _processors(side: Path) -> str:
    records = sorted((side / "reports" / "run" / "records").glob("*/*.json"))
    found = {record["cpu"] for path in records if "cpu" in (record := json.loads(path.read_text(encoding="utf-8")))}
    return ", ".join(sorted(found)) or "unknown"


def main() -> None:
    parser = argparse.ArgumentParser(description="Run everything again in a fresh clone and compare.")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="two small variants only")
    given = parser.parse_args()
    config = whole.load()
    if not (paths.ROOT / "dvc.lock").exists():
        raise UserError("dvc.lock is missing: there is nothing to compare with; run `make repro` and commit first")
    where = checkout.clone("verify", committed=True)
    committed = checkout.git("ls-files", "reports", where=where).decode().splitlines()
    files = [file for file in committed if not file.startswith("reports/run/")]
    (where / "dvc.lock").unlink()  # or DVC would call up to date what is committed
    reference = checkout.clone("verify-reference", committed=True)
    if given.quick:
        quickest = sorted(config.variants.values(), key=lambda variant: recorded_seconds(variant.parameters))[:2]
        names = [variant.id for variant in quickest]
        stages = [f"evaluate@{name}" for name in names]
        status = checkout.dvc(where, "repro", "--quiet", *stages)
        files = [file for file in files if any(name in Path(file).parts or name == Path(file).stem for name in names)]
    else:
        status = checkout.schedule(where, "--jobs", str(given.jobs))
    if status:
        raise UserError("the pipeline failed in the fresh clone; nothing was compared")
    findings = compare(reference, where, files)
    for finding in findings:
        print(f"{finding.verdict:17} {finding.what}" + (f"  ({finding.why})" if finding.why else ""))
    counts = {v: sum(f.verdict == v for f in findings) for v in ("bit-equal", "within tolerance", "different")}
    print(", ".join(f"{n} {verdict}" for verdict, n in counts.items()))
    sys.exit(1 if counts["different"] else 0)


if __name__ == "__main__":
    with one_line_errors():
        main()
