"""dvc.lock, a stage at a time: DVC itself reads and writes all of it with every stage.

The text is kept in memory, a part a stage, each as DVC's own writer has it; so the file is always what `dvc repro`
would have written.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dvc.stage.serialize import to_lockfile
from dvc.utils.serialize import dumps_yaml

from nnlabs.core.files import aside

HEAD = "schema: '2.0'\nstages:\n"


class LockFile:
    """The lock of one dvc.yaml. New stages come in the order in which `dvc repro` would come to them."""

    def __init__(self, path: Path, order: Iterable[str]) -> None:
        self.path = path
        self._order = {name: place for place, name in enumerate(order)}
        self._parts: dict[str, str] = {}
        if path.exists():
            text = path.read_text(encoding="utf-8")
            _, _, body = text.partition("stages:\n")
            for part in re.split(r"^(?=  \S)", body, flags=re.M)[1:]:
                self._parts[part.split(":\n", 1)[0].strip()] = part
        self._first = [*self._parts]
        """What was there before; DVC leaves it in its place."""

    def record(self, stage: Any) -> None:
        """Write the file with what the stage depends on and made, as the stage now has it."""
        (name, content) = next(iter(to_lockfile(stage).items()))
        text = dumps_yaml({"stages": {name: content}}).partition("\n")[2]
        if self._parts.get(name) == text:
            return
        self._parts[name] = text
        new = sorted(self._parts.keys() - set(self._first), key=self._order.__getitem__)
        with aside(self.path) as beside:
            beside.write_text(HEAD + "".join(self._parts[each] for each in (*self._first, *new)), encoding="utf-8")
