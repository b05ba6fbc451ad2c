"""What stages went by when they last ran, and what modules defined then.

It is looked for where the stage `settings` keeps it, then in the checkout, then in the history of the file: a fresh
clone has only that.
"""

import json
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from nnlabs.config import memory
from nnlabs.config.closure import SOURCE
from nnlabs.config.meaning import definitions, meaning

COMMITS = 100
"""How many versions of a file are looked through, the newest first."""


class Past:
    """The past of the checkout at `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.versions = cache(self._versions)

    def settings(self, path: str, md5: str) -> dict[str, Any] | None:
        """The settings file that had this hash; None where nobody knows it any more."""
        found = memory.settings(md5)
        if found is None:
            text = next((each for each in self.versions(path) if memory.md5(each) == md5), None)
            found = None if text is None else json.loads(text)
        return found

    def defined(self, module: str, digest: str) -> dict[str, str] | None:
        """What the module defined when its meaning had this hash; None where nobody knows it any more.

        A script's name is its path.
        """
        found = memory.defined(digest)
        if found is None:
            text = next((each for each in self.versions(self._path(module)) if _meant(each) == digest), None)
            found = None if text is None else definitions(text)
        return found

    def _path(self, module: str) -> str:
        if module.endswith(".py"):
            return module
        place = SOURCE / Path(*module.split("."))
        package = place / "__init__.py"
        return (package if (self.root / package).is_file() else place.with_suffix(".py")).as_posix()

    def _versions(self, path: str) -> tuple[str, ...]:
        now = self.root / path
        texts = [now.read_text(encoding="utf-8")] if now.is_file() else []
        return tuple(dict.fromkeys([*texts, *self._committed(path)]))

    def _committed(self, path: str) -> Iterator[str]:
        log = self._git(
            "log", f"--max-count={COMMITS}", "--format=", "--raw", "--no-abbrev", "--no-renames", "--", path
        )
        blobs = dict.fromkeys(fields[3] for fields in (line.split() for line in log.decode().splitlines()) if fields)
        content = self._git("cat-file", "--batch", given="".join(f"{blob}\n" for blob in blobs))
        while content:
            head, _, content = content.partition(b"\n")
            if head.endswith(b" missing"):  # the hash of a file that was deleted is none
                continue
            size = int(head.split()[2])
            yield content[:size].decode(errors="replace")
            content = content[size + 1 :]

    def _git(self, *command: str, given: str = "") -> bytes:
        """What git prints; nothing where the folder has no history."""
        try:
            return subprocess.run(["git", *command], cwd=self.root, input=given.encode(), capture_output=True).stdout
        except FileNotFoundError:
            return b""


def _meant(source: str) -> str | None:
    try:
        return meaning(source)
    except SyntaxError:
        return None
