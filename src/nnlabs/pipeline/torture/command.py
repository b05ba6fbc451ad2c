"""`make repro` as a process that can be watched, signalled and waited for."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

import psutil

JOBS = 2
PATIENCE = 300.0
"""Seconds after which a command counts as hanging."""
ERRORS = ("error: ", "interrupted: ")
"""How the one line begins that says what to do."""


class Command:
    """One run, in a group of its own; what it says is read to the end, be it of a child that outlives it."""

    def __init__(self, folder: Path, environment: dict[str, str], file_size: int | None = None) -> None:
        self._folder = folder
        path = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"

        def limited() -> None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # what a shell starts in the background ignores it
            if file_size is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))

        self.process = subprocess.Popen(
            [sys.executable, "-m", "nnlabs.pipeline.schedule", "--jobs", str(JOBS)],
            cwd=folder,
            env=environment | {"PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=limited,
        )
        self._said = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing of it running."""
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout
        while said := os.read(self.process.stdout.fileno(), 1 << 16):
            self._said += said

    @property
    def told(self) -> str:
        return self._said.decode(errors="replace")

    @property
    def error(self) -> str:
        """What it said last, where that is the one line of an error."""
        *_, last = [line for line in self.told.splitlines() if line.strip()] or [""]
        return last if last.startswith(ERRORS) else ""

    def wait(self) -> int | None:
        """Its exit status; None where it hangs."""
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return None
        self._reader.join(1)  # the rest of what it said; a child that lives on may hold the pipe
        return status

    def processes(self) -> list[psutil.Process]:
        """Itself and all that it started, in its session or its folder, whoever their parents are by now."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.status() != psutil.STATUS_ZOMBIE and (
                    os.getsid(process.pid) == self.process.pid or Path(process.cwd()) == self._folder
                ):
                    found.append(process)
        return found

    def stages(self) -> list[psutil.Process]:
        """The processes of stages: children of the one that forks them, or of a shell."""
        with contextlib.suppress(psutil.Error):
            children = psutil.Process(self.process.pid).children()
            return [each for child in children for each in child.children(recursive=True)]
        return []

    def ended_all(self, seconds: float) -> bool:
        """Wait until nothing of it runs any more; whether that came in time."""
        deadline = time.monotonic() + seconds
        while self.processes():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True
