"""DVC's database on a full disk fails, and is not waited for; one that somebody else has is."""

import errno
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diskcache
import pytest

from nnlabs.core.disk import DiskFullError
from nnlabs.pipeline import mended


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], diskcache.Cache]:
    """A cache whose transactions begin with an error of SQLite, so many times."""
    monkeypatch.setattr(diskcache.Cache, "_sql", diskcache.Cache._sql)  # is put back
    monkeypatch.setattr(mended.StageCache, "_get_cache_path", mended.StageCache._get_cache_path)
    cache = diskcache.Cache(str(tmp_path))
    execute = mended._execute

    def fail(code: int, times: int) -> diskcache.Cache:
        left = [times]

        def executed(statement: str, *arguments: Any, **how: Any) -> Any:
            if statement.startswith("BEGIN") and left[0]:
                left[0] -= 1
                error = sqlite3.OperationalError("as SQLite says it")
                error.sqlite_errorcode = code
                raise error
            return execute(cache)(statement, *arguments, **how)

        monkeypatch.setattr(mended, "_execute", lambda _: executed)
        mended.mend()
        return cache

    return fail


@pytest.mark.parametrize(
    ("code", "free", "number"),
    [
        (sqlite3.SQLITE_FULL, 1 << 30, errno.ENOSPC),
        (sqlite3.SQLITE_IOERR_SHMSIZE, 0, errno.ENOSPC),
        (sqlite3.SQLITE_IOERR_WRITE, 1 << 30, errno.EIO),
    ],
)
def test_what_another_try_does_not_help_is_raised(
    failing: Callable[[int, int], diskcache.Cache], code: int, free: int, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = failing(code, 1_000_000)
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(mended.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(OSError, match="as SQLite says it") as told:
        cache["key"] = 1
    assert (told.value.errno, told.value.filename) == (number, cache.directory)


def test_a_lock_is_waited_for(failing: Callable[[int, int], diskcache.Cache]) -> None:
    cache = failing(sqlite3.SQLITE_BUSY_SNAPSHOT, 3)
    cache["key"] = 1
    assert cache["key"] == 1


def test_a_cache_without_room_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mended.transfer, "_log_exception", mended.transfer._log_exception)  # is put back
    told: list[tuple[str, BaseException]] = []
    monkeypatch.setattr(mended, "_tell", lambda oid, error: told.append((oid, error)))
    mended.mend()
    copying = ("data/meta.json", None, "cache/f6/meta.json")
    with pytest.raises(DiskFullError, match=r"^the disk is full: cache/f6 cannot be written"):
        mended.transfer._log_exception("f64f", OSError(errno.ENOSPC, "No space left on device", *copying))
    assert not told
    refused = OSError(errno.EACCES, "Permission denied", *copying)
    mended.transfer._log_exception("f64f", refused)
    assert told == [("f64f", refused)]
