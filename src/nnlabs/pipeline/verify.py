"""Run everything again and compare: `python -m nnlabs.pipeline.verify --jobs 2 [--quick] [--details]`.

A fresh clone of what is committed, a fresh DVC cache and no checkpoint, so that nothing can be
taken from an earlier run; downloads are shared, for their content is verified anyway.

What was committed from a machine like this one must be the same to the bit, but for reports/run. From a machine of
another kind it must agree by what it means, and no verdict of a page may turn into its opposite. What a whole run has
found becomes a statement, `reports/verified/<machine>-<date>.json`.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from nnlabs.core import paths
from nnlabs.core.arguments import Parser, at_least
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.pipeline import checkout, statement
from nnlabs.pipeline.comparison import Comparing, Finding, Turned
from nnlabs.pipeline.plan import recorded_seconds
from nnlabs.reporting import statements

QUICKEST = 2
"""Variants that `--quick` runs."""


def main() -> None:
    parser = Parser(description="Run everything again in a fresh clone and compare.")
    parser.add_argument("--jobs", type=at_least(1), default=1)
    parser.add_argument("--quick", action="store_true", help="two small variants only")
    parser.add_argument("--details", action="store_true", help="every file, hash and number that is not the same")
    given = parser.parse_args()
    if not (paths.ROOT / "dvc.lock").exists():
        raise UserError("dvc.lock is missing: there is nothing to compare with; run `make repro` and commit first")
    statements.read_all()  # the report of the clone would fail by one that was altered, an hour from now
    where = checkout.clone("verify", committed=True)
    reference = checkout.clone("verify-reference", committed=True)
    if not (where / "dvc.lock").exists():
        raise UserError("dvc.lock is not committed: there is nothing to compare with; commit it with reports/ first")
    (where / "dvc.lock").unlink()  # or DVC would call up to date what is committed
    files = [file for file in tracked(reference) if not file.startswith("reports/run/")]
    if given.quick:
        names = quickest(reference)
        status = checkout.dvc(where, "repro", "--quiet", *(f"evaluate@{name}" for name in names))
        files = [file for file in files if not {*names}.isdisjoint((*Path(file).parts, Path(file).stem))]
    else:
        status = checkout.schedule(where, "--jobs", str(given.jobs))
    if status:
        raise UserError("the pipeline failed in the fresh clone; nothing was compared")
    comparing = Comparing(reference, where, paths.ROOT / ".dvc" / "cache")
    findings = [*comparing.findings(files)]
    stayed, turned = comparing.verdicts()
    for line in told(findings, stayed, turned, comparing.machines, details=given.details):
        print(line)
    holding = holds(findings, turned)
    if not given.quick:
        written = statement.write(comparing, findings, turned, holds=holding).relative_to(paths.ROOT)
        print(f"{written} says so; `make repro` counts it on the report's first page, and git keeps it once committed")
    sys.exit(not holding)


def tracked(where: Path) -> list[str]:
    """What git tracks of the report."""
    return checkout.git("ls-files", "-z", "reports", where=where).decode().split("\0")[:-1]


def quickest(where: Path) -> list[str]:
    """The variants that took least when they were last recorded."""
    settings = sorted((where / "reports" / "settings" / "train").glob("*.json"))
    variants = [json.loads(path.read_text(encoding="utf-8"))["parameters"]["variant"] for path in settings]
    return [variant["id"] for variant in sorted(variants, key=recorded_seconds)[:QUICKEST]]


def holds(findings: list[Finding], turned: list[Turned]) -> bool:
    """Whether all is equal or within tolerance, and no verdict says the opposite."""
    return all(each.verdict != "different" for each in findings) and not any(each.opposite for each in turned)


def told(
    findings: list[Finding],
    stayed: int,
    turned: list[Turned],
    machines: Mapping[str, int],
    *,
    details: bool,
) -> Iterator[str]:
    """A line a finding, then the verdicts that turned, the machines, and what it comes to."""
    for finding in findings:
        yield f"{finding.verdict:17} {finding.what}" + (f"  ({finding.why})" if finding.why else "")
        yield from (f"{'':20}{each}" for each in (finding.details if details else ()))
    for change, n in machines.items():
        yield f"machines: {n} results were committed from " + (f"another: {change}" if change else "one like this")
    for each in turned:
        yield f"turned: {each.what}: {each.before} -> {each.now}"
    yield f"verdicts of the pages: {stayed} stayed, {len(turned)} turned"
    counts = Counter(finding.verdict for finding in findings)
    yield ", ".join(f"{counts[verdict]} {verdict}" for verdict in ("bit-equal", "within tolerance", "different"))


if __name__ == "__main__":
    with one_line_errors():
        main()
