"""DVC 3.67 in a process of ours: three faults after a kill or on a full disk, and its garbage.

On a full disk it waits for ever, a core at work, for the database in which it remembers files' hashes: diskcache takes
every failure to begin a transaction for somebody else's lock. And where a kill or a full disk came between the folder
for a run's note and the note, it ends in a TypeError, each time anew. Of a cache on a full disk it only speaks, and
goes on: dvc.lock then names what the cache has not.
"""

import errno
import gc
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diskcache
from dvc.stage.cache import StageCache
from dvc_data.hashfile import transfer

from nnlabs.core import disk

LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
"""What is worth another try; the first byte of SQLite's code says the kind."""
ROOM = 1 << 16
"""Bytes without which a database cannot grow."""

_execute = diskcache.Cache._sql.fget
_path = StageCache._get_cache_path
_tell = transfer._log_exception


def mend() -> None:
    """Mend them, and have garbage looked for rarely; once more does no harm."""
    gc.set_threshold(100_000)  # what DVC makes of lock and graph is looked through again and again otherwise
    diskcache.Cache._sql = property(_execute_or_fail)
    StageCache._get_cache_path = _path_of_a_note
    transfer._log_exception = _fail_without_room


def _execute_or_fail(cache: diskcache.Cache) -> Callable[..., Any]:
    """What executes a statement, and raises OSError where trying again would not help."""
    execute = _execute(cache)

    def executed(statement: str, *arguments: Any, **how: Any) -> Any:
        try:
            return execute(statement, *arguments, **how)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in LOCKED or not statement.startswith("BEGIN"):
                raise
            full = shutil.disk_usage(cache.directory).free < ROOM or error.sqlite_errorcode == sqlite3.SQLITE_FULL
            raise OSError(errno.ENOSPC if full else errno.EIO, str(error), cache.directory) from error

    return executed


def _path_of_a_note(cache: StageCache, key: str, name: str | None) -> str:
    """Where no note is there it is one that is not found."""
    return str(_path(cache, key, name or "none"))


def _fail_without_room(oid: str, exc: BaseException) -> None:
    """What is done where a file could not be copied: raise DiskFullError for want of room, tell of it otherwise."""
    if code := disk.cause(exc):
        copied_to = getattr(exc, "filename2", None) or getattr(exc, "filename", None) or Path.cwd()
        raise disk.DiskFullError(disk.told(code, Path(copied_to).parent)) from exc
    _tell(oid, exc)
