"""dvc.lock, a stage at a time: DVC itself reads and writes all of it with every stage.

The text is kept in memory, a part a stage, each as DVC's own writer has it; so the file is always what `dvc repro`
would have written.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dvc.exceptions import DvcException
from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from dvc.stage.serialize import to_lockfile
from dvc.utils.serialize import dumps_yaml, parse_yaml
from voluptuous import Invalid

from nnlabs.core.errors import UserError
from nnlabs.core.files import aside

NAME = "dvc.lock"
RESTORE = f"`git checkout -- {NAME}` brings the committed one back"
NEW = "schema: '2.0'\nstages:\n"
AS_WRITTEN = re.compile(rb"schema: '2\.0'\nstages:\n(  \S[^\r\n]*:\n(    [^\r\n]+\n)+)*")
CONFLICT = re.compile(r"^(<{7}|={7}|>{7})", re.M)
"""What git writes where two branches disagree."""


class LockFile:
    """The lock of one dvc.yaml. New stages come in the order in which `dvc repro` would come to them.

    Raises
    ------
    UserError
        Where the file is no text.
    """

    def __init__(self, path: Path, order: Iterable[str]) -> None:
        self.path = path
        self._order = {name: place for place, name in enumerate(order)}
        try:
            text = path.read_text(encoding="utf-8") if path.exists() else NEW
        except UnicodeDecodeError:
            raise UserError(f"{path.name}: not a text in UTF-8; {RESTORE}") from None
        self._head, *parts = _split(text)
        self._parts = {part.partition(":\n")[0].strip(): part for part in parts}
        self._first = [*self._parts]
        """What was there before: DVC leaves it in its place."""

    def record(self, stage: Any) -> bool:
        """Write the file with what the stage depends on and made, as the stage now has it; whether that is new."""
        ((name, content),) = to_lockfile(stage).items()
        _, _, part = dumps_yaml({"stages": {name: content}}).partition("\n")
        if self._parts.get(name) == part:
            return False
        self._parts[name] = part
        new = sorted(self._parts.keys() - set(self._first), key=self._order.__getitem__)
        with aside(self.path) as beside:
            beside.write_text(
                self._head + "".join(self._parts[each] for each in (*self._first, *new)), encoding="utf-8"
            )
        return True


def as_dvc_writes(path: Path) -> bool:
    """Whether there is a lock that holds stages alone, in DVC's own layout."""
    return path.exists() and bool(AS_WRITTEN.fullmatch(path.read_bytes()))


def broken_off(path: Path) -> bool:
    """Whether the lock ends in the middle of a line, which DVC may read as something else."""
    return path.exists() and not path.read_bytes().endswith(b"\n")


def mend(path: Path) -> bool:
    """Take away the last stage of a lock that ends in the middle, as a `dvc repro` that was killed may leave it.

    What it lacks then is found in DVC's cache, or runs again. Returns whether that was it, and the rest can be read.
    """
    if not path.exists():
        return False
    text = path.read_text(encoding="utf-8", errors="replace")
    head, *stages = _split(text)
    rest = "".join([head, *stages[:-1]]) if len(stages) > 1 else ""
    if CONFLICT.search(text) or not (stages or NEW.startswith(text)):
        return False
    whole = text.endswith("\n") and _readable(text, path)
    if whole or (rest and not _readable(rest, path)):
        return False
    cut = stages[-1].partition(":")[0].strip() if stages else "its head"
    print(f"{path.name} ended in the middle of {cut}; what comes before stays", flush=True)
    if not rest:
        path.unlink()
        return True
    with aside(path) as beside:
        beside.write_text(rest, encoding="utf-8")
    return True


def _readable(text: str, path: Path) -> bool:
    try:
        COMPILED_LOCKFILE_SCHEMA(parse_yaml(text, path))
    except (DvcException, Invalid):
        return False
    return True


def _split(text: str) -> list[str]:
    """What comes before the stages, then each stage."""
    head, _, body = text.partition("stages:\n")
    return [f"{head}stages:\n", *(part for part in re.split(r"^(?=  \S)", body, flags=re.M) if part)]
