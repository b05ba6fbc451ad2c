"""What happens in a run, a line of JSON each in `.nnlabs/watch/`, for whoever watches it (`pipeline.watch`).

They are written whether anybody watches or not, so that one can begin to at any time: a line costs some microseconds.
"""

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nnlabs.core import paths


def folder(checkout: Path | None = None) -> Path:
    """Of this checkout: the user's own, also where an experiment runs in its copy of it."""
    return (checkout or paths.checkout()) / ".nnlabs" / "watch"


def process() -> dict[str, Any]:
    """What a run's first event says of the process that it is in."""
    return {"pid": os.getpid(), "ticks": ticks(os.getpid())}


def ticks(pid: int) -> int | None:
    """When a process began, in the kernel's ticks since the machine did; None where that is not told.

    With its number it means this process and no later one. Setting the clock changes what time the process seems to
    have begun at, but not this.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return int(stat.rpartition(")")[2].split()[19])  # its name, in brackets, may hold anything
    except (OSError, ValueError, IndexError):
        return None


class Events:
    """A file that lines are added to, whole, from any thread until it is closed; without a file they go nowhere."""

    def __init__(self, file: int | None = None) -> None:
        self._file = file
        self._lock = threading.Lock()

    def tell(self, event: str, **content: Any) -> None:
        """Add a line. No run fails because it could not be told: on a full disk the line is missing."""
        line = json.dumps({"t": round(time.time(), 2), "event": event} | content, ensure_ascii=False)
        with self._lock, contextlib.suppress(OSError):
            if self._file is not None:
                os.write(self._file, f"{line}\n".encode(errors="replace"))  # a path need not be UTF-8

    def close(self) -> None:
        """What is told later goes nowhere: the file's number may be another file's by then."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
            self._file = None


NOWHERE = Events()


@contextmanager
def events(name: str, checkout: Path | None = None) -> Iterator[Events]:
    """The events of a new run, `<name>.jsonl`, in place of those of the last one with this name; gone at its end."""
    path, file = folder(checkout) / f"{name}.jsonl", None
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # whoever still reads the last one keeps it
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    told = Events(file)
    try:
        yield told
    finally:
        told.close()
        if file is not None:
            with contextlib.suppress(OSError):
                path.unlink()  # whoever reads it keeps it to its end
