"""What a report has of its variants: the one place of the benchmarks that knows its files."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlabs.core import paths


@dataclass(frozen=True)
class Told:
    """What a report says of a variant."""

    accuracies: list[float]  # of test images, a seed each
    record: dict[str, Any]  # machine, versions, threads, and `runs` with what each seed took


def scores(reports: Path, lab: str, variant: str) -> Path:
    return reports / paths.scores(lab, variant).relative_to(paths.REPORTS)


def record(reports: Path, lab: str, variant: str) -> Path:
    return reports / paths.run_record(lab, variant).relative_to(paths.REPORTS)


def told(reports: Path, lab: str, variant: str) -> Told | None:
    """None where the report does not have the variant whole."""
    files = scores(reports, lab, variant), record(reports, lab, variant)
    if not all(path.exists() for path in files):
        return None
    measured, took = (json.loads(path.read_text(encoding="utf-8")) for path in files)
    return Told(measured["accuracy"], took)
