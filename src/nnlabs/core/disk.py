"""A disk without room: known by what the system or a library says, and told in one line."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CAUSES = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EFBIG: "a limit on the size of files is reached (`ulimit -f`)",
}
WORDS = {
    **{rf"{re.escape(os.strerror(code))}|os error {code}\b|{errno.errorcode[code]}": code for code in CAUSES},
    "database or disk is full": errno.ENOSPC,  # SQLite
    r"\d+ requested and \d+ written": errno.ENOSPC,  # NumPy
}
"""How it is told by libraries that raise errors of their own, and by other programs."""

MEND = "make room and run the same command again"


class DiskFullError(OSError):
    """Told in one line. No answer to whether a source can serve: the next one would meet the same disk."""


def cause(error: BaseException | str) -> int | None:
    """The system's number for it, where an error, what led to it, or what a program has said is a disk without room."""
    if isinstance(error, str):
        return next((code for words, code in WORDS.items() if re.search(words, error)), None)
    if isinstance(error, OSError) and error.errno in CAUSES:
        return error.errno
    led_to = error.__cause__ or error.__context__
    return cause(str(error)) or (cause(led_to) if led_to else None)


def status_cause(status: int) -> int | None:
    """The same of a program's exit status: npm's is the system's number, below zero."""
    return next((code for code in CAUSES if status == 256 - code), None)


def told(code: int, path: Path) -> str:
    """The line for what could not be written, to a file or somewhere in a folder."""
    return f"{CAUSES[code]}: {path} cannot be written, {_size(_free(path))} are free; {MEND}"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Have a disk without room told with the path that the block writes to.

    Raises
    ------
    DiskFullError
        In place of whatever a library raises for it.
    """
    try:
        yield
    except DiskFullError:
        raise
    except Exception as error:
        if code := cause(error):
            raise DiskFullError(told(code, path)) from error
        raise


def need(path: Path, size: int) -> None:
    """Look for room before so many bytes are written to a file.

    Raises
    ------
    DiskFullError
        Where there is less.
    """
    if (free := _free(path)) < size:
        raise DiskFullError(f"{CAUSES[errno.ENOSPC]}: {path} needs {_size(size)}, and {_size(free)} are free; {MEND}")


def _free(path: Path) -> int:
    there = next(each for each in (path, *path.absolute().parents) if each.exists())
    return shutil.disk_usage(there).free


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
