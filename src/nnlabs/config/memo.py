"""What was found out before, kept by what it was found out from: finding it again takes a second or more."""

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from nnlabs.core.files import aside


class Memo:
    """Answers by question, in a file; answers that other code found are not taken."""

    def __init__(self, path: Path | None, finders: Iterable[Path]) -> None:
        """`finders` are the sources of what finds the answers out; without a `path` nothing outlives the process."""
        self.path = path
        self._old = _kept(path)
        self._new: dict[str, Any] = {}
        self._finders = hashlib.sha256(b"".join(each.read_bytes() for each in finders)).hexdigest()

    def of(self, question: str, find: Callable[[], Any]) -> Any:
        """The answer, as JSON has it; an error of `find` goes through and is not kept."""
        key = hashlib.sha256((self._finders + question).encode()).hexdigest()
        if key not in self._new:
            self._new[key] = self._old[key] if key in self._old else json.loads(json.dumps(find()))
        return self._new[key]

    def keep(self) -> None:
        """Write what this process asked for; what it did not is forgotten."""
        if self.path and self._new.keys() - self._old.keys():
            answers = json.dumps(self._new)
            with aside(self.path) as beside:
                beside.write_text(f"{_digest(answers)}\n{answers}", encoding="utf-8")


def _kept(path: Path | None) -> dict[str, Any]:
    """Nothing of a file whose bytes are not those that were written."""
    try:
        digest, _, answers = path.read_text(encoding="utf-8").partition("\n") if path else ("", "", "")
    except (OSError, ValueError):
        return {}
    found: dict[str, Any] = json.loads(answers) if digest == _digest(answers) else {}
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
