"""Files by what they hold: a folder that keeps every content once, under its SHA-256.

A file's time is set by its hash. Whoever writes into a kept file, or into one that was laid out from here, changes the
time, and so is noticed without reading; and Python, which goes by a source's time, never takes the bytecode of another.
"""

import contextlib
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Iterable
from pathlib import Path

PIECE = 16 << 20
"""Bytes that are sent or hashed at a time."""


class WrongHashError(ValueError):
    """What came is not what was named."""


class Contents:
    """The folder. It may be used from several threads."""

    def __init__(self, folder: Path, limit: int) -> None:
        """`limit` is in bytes; what was used longest ago makes room."""
        self.folder, self._limit = folder, limit
        folder.mkdir(parents=True, exist_ok=True)
        for unfinished in folder.glob("*.part"):
            unfinished.unlink()
        self._lock = threading.Lock()
        self._size = sum(path.stat().st_size for path in folder.iterdir())

    def path(self, digest: str) -> Path:
        return self.folder / digest

    def has(self, digest: str) -> bool:
        """Whether the content is here as it came; what was written into since is removed."""
        path = self.path(digest)
        try:
            found = path.stat()
        except FileNotFoundError:
            return False
        if not stamped(found, digest):
            self.drop(digest)
            return False
        os.utime(path, (time.time(), stamp(digest)))
        return True

    def keep(self, path: Path) -> str:
        """Keep what a finished file holds, without a copy where both are on one disk. Returns its hash."""
        digest = sha256(path)
        os.utime(path, (time.time(), stamp(digest)))
        if not self.has(digest):
            beside = self._beside(digest)
            _link(path, beside)
            self._add(beside, digest)
        return digest

    def write(self, digest: str, offset: int, size: int, piece: bytes) -> None:
        """Take the next piece of a content that has this size.

        Raises
        ------
        WrongHashError
            With the last piece, where together they are not that content; nothing is kept then.
        """
        beside = self.folder / f"{digest}.part"
        with beside.open("r+b" if offset else "wb") as file:
            file.seek(offset)
            file.write(piece)
        if offset + len(piece) < size:
            return
        if sha256(beside) != digest:
            beside.unlink()
            raise WrongHashError(f"{digest[:12]} came as something else")
        os.utime(beside, (time.time(), stamp(digest)))
        self._add(beside, digest)

    def read(self, digest: str, offset: int, length: int) -> bytes:
        with self.path(digest).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def lay(self, digest: str, target: Path) -> None:
        """Put the content where it is to be read; no copy where both are on one disk."""
        target.parent.mkdir(parents=True, exist_ok=True)
        _link(self.path(digest), target)

    def drop(self, digest: str) -> None:
        with self._lock, contextlib.suppress(FileNotFoundError):
            self._size -= self.path(digest).stat().st_size
            self.path(digest).unlink()

    def make_room(self, size: int, needed: Iterable[str] = ()) -> None:
        """Remove what was used longest ago, but nothing that is needed, until so many bytes fit under the limit."""
        if self._size + size <= self._limit:
            return
        needed = {*needed}
        others = ((path.stat().st_atime, path.name) for path in self.folder.iterdir() if path.name not in needed)
        for _, digest in sorted(others):
            if self._size + size <= self._limit:
                return
            self.drop(digest)

    def _beside(self, digest: str) -> Path:
        return self.folder / f"{digest}-{threading.get_ident()}.part"

    def _add(self, beside: Path, digest: str) -> None:
        with self._lock:
            if not self.path(digest).exists():
                self._size += beside.stat().st_size
            beside.replace(self.path(digest))


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stamp(digest: str) -> int:
    """The time, in seconds, of a file that holds this."""
    return int(digest[:7], 16)


def stamped(found: os.stat_result, digest: str) -> bool:
    return found.st_mtime_ns == stamp(digest) * 10**9


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        shutil.copy2(source, target)
