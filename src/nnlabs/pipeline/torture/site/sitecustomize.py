"""Let the n-th change of the file system fail, in whatever process of a run it comes: on PYTHONPATH, found by Python.

Python tells of every file that it opens, renames, removes or makes, also where a library does it (`sys.addaudithook`),
and what is raised then comes out of the call that was about to be made. Changes are counted over all processes by the
length of a file.
"""

import errno
import os
import sys
from typing import Any

ROOT, COUNTER, NTH = (os.environ.get(f"NNLABS_TORTURE_{name}", "") for name in ("ROOT", "COUNTER", "NTH"))
REASONS = (errno.ENOSPC, errno.EIO)
CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_append = os.open
_busy = False


def _fail(event: str, arguments: tuple[Any, ...]) -> None:
    global _busy
    if _busy or (event != "open" and event not in CHANGES):
        return
    path = arguments[0]
    if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & WRITING):
        return
    if not isinstance(path, str | bytes | os.PathLike):
        return
    name = os.fsdecode(path)
    if not os.path.abspath(name).startswith(ROOT) or "__pycache__" in name:  # noqa: PTH100, is called a thousand times
        return
    _busy = True
    try:
        counter = _append(COUNTER, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(counter, b".")
        count = os.lseek(counter, 0, os.SEEK_CUR)
        os.close(counter)
    finally:
        _busy = False
    if count == int(NTH):
        reason = REASONS[count % len(REASONS)]
        raise OSError(reason, os.strerror(reason), name)


if ROOT:
    sys.addaudithook(_fail)
