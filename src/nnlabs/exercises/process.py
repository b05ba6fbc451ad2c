"""Start the process of a student's file, and end it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Protocol

from nnlabs.core.errors import UserError, shortened
from nnlabs.exercises import wire
from nnlabs.exercises.session import Session

KEPT = 2000
"""Bytes of what a submission prints that are kept; the rest is read and forgotten."""
STARTS = 60.0
"""Seconds that the process may take to be ready, and the grader to import what it compares with."""


class Desk(Protocol):
    """Where one submission runs."""

    session: Session

    def ended(self) -> str:
        """How it ended, as a piece of a line; '' while it runs."""
        ...

    def printed(self) -> str:
        """The beginning of what it printed."""
        ...

    def close(self) -> None: ...


class Process:
    """A process of its own, shut in, that is killed after some seconds whatever it does."""

    def __init__(self, seconds: float, hidden: Sequence[Path] = ()) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="nnlabs-", ignore_cleanup_errors=True)
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-I", "-B", "-u", "-m", "nnlabs.exercises.worker", str(theirs.fileno())]
            self._process = subprocess.Popen(
                [*command, self._folder.name, *(str(each.resolve()) for each in hidden)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno()],
                env=_environment(self._folder.name),
                start_new_session=True,
            )
        assert self._process.stdout
        self._kept = bytearray()
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()
        self._timer = threading.Timer(seconds + STARTS, self._kill)
        self._timer.daemon = True
        self._timer.start()
        self.session = Session(ours)
        self.held = self._ready()
        """What its sandbox holds off, a line each."""

    def _ready(self) -> list[str]:
        try:
            tree, _ = wire.receive(self.session.connection, time.monotonic() + STARTS)
            return [str(each) for each in tree[1:]]
        except (OSError, EOFError, wire.WireError):
            self.close()
            raise UserError(
                f"the process for a submission did not start: {self.printed() or 'it said nothing'}"
            ) from None

    def _read(self, stream: IO[bytes]) -> None:
        while piece := os.read(stream.fileno(), 1 << 16):
            self._kept += piece[: KEPT - len(self._kept)]

    def _kill(self) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # it may end in this moment
                os.killpg(self._process.pid, signal.SIGKILL)

    def ended(self) -> str:
        try:
            status = self._process.wait(0.2)  # the pipe may close a moment before the process ends
        except subprocess.TimeoutExpired:
            return ""
        if status >= 0:
            return f"exit status {status}"
        return f"signal {signal.Signals(-status).name}"

    def printed(self) -> str:
        return shortened(self._kept.decode("utf-8", "replace"))

    def close(self) -> None:
        self._timer.cancel()
        self._kill()
        self._process.wait()
        self._reader.join(1.0)
        self.session.connection.close()
        if self._process.stdout and not self._reader.is_alive():
            self._process.stdout.close()
        self._folder.cleanup()


def _environment(folder: str) -> dict[str, str]:
    """Nothing of the grader's own; one thread, as the filter lets none be started."""
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "VECLIB", "NUMEXPR")}
    return {"PATH": os.defpath, "HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8", **threads}
