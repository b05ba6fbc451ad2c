"""Writing files so that a reader finds the whole new one, the old one, or none."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nnlabs.core import disk


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Yield a path beside the target to write to; it takes the target's place when the block ends well."""
    beside = path.with_name(f".{path.name}.part")
    try:
        with disk.writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield beside
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def replaced(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside the target; it takes the target's place when the block ends well."""
    aside = target.with_name(f".{target.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        with disk.writing(target):
            aside.mkdir(parents=True)
            yield aside
            shutil.rmtree(target, ignore_errors=True)
            aside.replace(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_json(path: Path, content: Any) -> None:
    """Write JSON whose bytes depend on the content alone."""
    with aside(path) as beside:
        beside.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
