"""What a report has of its variants: the one place of the benchmarks that knows its files."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.pipeline import checkout


@dataclass(frozen=True)
class Told:
    """What a report says of a variant."""

    accuracies: list[float]  # of test images, a seed each
    record: dict[str, Any]  # machine, versions, threads, and `runs` with what each seed took


def scores(reports: Path, lab: str, variant: str) -> Path:
    return reports / paths.scores(lab, variant).relative_to(paths.REPORTS)


def record(reports: Path, lab: str, variant: str) -> Path:
    return reports / paths.run_record(lab, variant).relative_to(paths.REPORTS)


def metrics(reports: Path, lab: str, variant: str) -> Path:
    return reports / "metrics" / lab / f"{variant}.json"


def history(reports: Path, lab: str, variant: str) -> Path:
    return reports / paths.history(lab, variant).relative_to(paths.REPORTS)


def here(path: Path) -> str | None:
    """A file as it lies there; None where it does not."""
    return path.read_text(encoding="utf-8") if path.exists() else None


def committed(path: Path) -> str | None:
    """A file of the checkout as it was last committed; None where it never was, or where there is no git."""
    try:
        return checkout.committed(path)
    except UserError:
        return None


def commit(lab: str, variant: str) -> str:
    """The short name of the last commit that changed what the checkout's report has of a variant."""
    files = [str(file(paths.REPORTS, lab, variant)) for file in (scores, record, metrics, history)]
    return checkout.git("log", "-1", "--format=%h", "HEAD", "--", *files, where=paths.ROOT).decode().strip()


def variants(lab: str) -> list[str]:
    """The names under which the committed report has results of a lab; none where there is no git."""
    folder = paths.results(lab).relative_to(paths.ROOT).as_posix()
    try:
        listed = checkout.git("ls-tree", "-d", "--name-only", f"HEAD:./{folder}", where=paths.ROOT)
    except UserError:
        return []
    return listed.decode().splitlines()


def told(reports: Path, lab: str, variant: str, read: Callable[[Path], str | None] = here) -> Told | None:
    """None where the report does not have the variant whole."""
    measured, took = read(scores(reports, lab, variant)), read(record(reports, lab, variant))
    if measured is None or took is None:
        return None
    return Told(json.loads(measured)["accuracy"], json.loads(took))
