"""The small tracked files that pages are made of: reading them, and deleting what removed variants left behind."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.core import npy, paths
from nnlabs.core.errors import UserError, said
from nnlabs.evaluation import outcomes

COMPUTED = "computed"
"""The folder and the record of a lab's own computation; every other name beside it is a variant's."""


def files(lab: str, variant: str) -> tuple[Path, ...]:
    """What a variant's run leaves for its page; the outcomes last, which one that is left out may do without."""
    return (
        paths.history(lab, variant),
        paths.scores(lab, variant),
        paths.gallery(lab, variant),
        outcomes.path(lab, variant),
    )


def gallery(lab: str, variant: str) -> NDArray[np.uint8]:
    """The images to show, n x C x H x W: those of the gallery, then the samples."""
    path = paths.gallery(lab, variant)
    try:
        return np.array(npy.mapped(path, "r"))
    except (OSError, ValueError) as error:
        raise unreadable(path, error, f"evaluate@{variant}") from None


def run_record(lab: str, variant: str) -> dict[str, Any]:
    record: dict[str, Any] = read_json(paths.run_record(lab, variant), f"train@{variant}")
    return record


def read_json(path: Path, stage: str) -> Any:
    """A tracked JSON file; `stage` is who makes it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise unreadable(path, error, stage) from None


def unreadable(path: Path, error: Exception, stage: str) -> UserError:
    return UserError(f"{path} cannot be read ({said(error)}); `dvc repro {stage}` makes it")


def remove_stale(lab: str, known: set[str]) -> None:
    """Delete what removed variants left behind, for DVC forgets a stage but not its files.

    `known` are the ids of all variants that there are, the default run's or not. Whatever has not the form of our
    files stays.
    """
    for folder in sorted(paths.results(lab).glob("*/")):
        if folder.name not in known | {COMPUTED}:
            for path in files(lab, folder.name):
                path.unlink(missing_ok=True)
            for emptied in (paths.tested(lab, folder.name), folder):
                if emptied.is_dir() and not any(emptied.iterdir()):
                    emptied.rmdir()
    for path in sorted(paths.run_record(lab, COMPUTED).parent.glob("*.json")):
        if path.stem not in known | {COMPUTED} and _is_record(path):
            path.unlink()


def _is_record(path: Path) -> bool:
    """Whether a file is what a training leaves of its runs."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and {"runs", "versions"} <= content.keys()
