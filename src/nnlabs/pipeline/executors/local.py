"""Stages as processes of this machine: forked from a server where that is safe, else started anew."""

import contextlib
import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import IO, Protocol

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.pipeline.events import NOWHERE, Events
from nnlabs.pipeline.executors import Command, Ended, forking
from nnlabs.telling.progress import LINES

SCRIPT = re.compile(r"python (stages/\w+\.py)((?: [\w-]+)?)")
"""A command that the server can fork. Another gets a process of its own."""


class Process(Protocol):
    pid: int

    def wait(self) -> int:
        """Its exit status, once it has ended."""


class Local:
    """Runs commands side by side; with one job a stage has the terminal to itself, unless somebody watches."""

    def __init__(self, jobs: int, events: Events = NOWHERE, *, watched: bool = False) -> None:
        self._events = events
        self._jobs = jobs
        self._alone = jobs == 1 and not watched
        self._ended: queue.SimpleQueue[Ended] = queue.SimpleQueue()
        self._running: dict[str, Process] = {}
        self._threads: dict[str, int] = {}
        here = Path(shutil.which("python") or "").parent == Path(sys.executable).parent
        self._may_fork = here and forking.usable()

    @cached_property
    def _server(self) -> "Server":
        # not before there is a stage for it; as Python knows the environment: readline adds to it behind its back
        return Server(paths.ROOT, dict(os.environ))

    def has_room(self, command: Command) -> bool:
        return not self._threads or sum(self._threads.values()) + command.threads <= self._jobs

    def start(self, command: Command) -> None:
        changes = {"DVC_STAGE": command.stage, "DVC_ROOT": str(paths.ROOT)}
        if not (self._alone and sys.stderr.isatty()):
            changes[LINES] = "lines"
        if self._alone:
            process, output = self._begin(command, changes, (1, 2)), None
        else:
            reading, writing = os.pipe()
            process = self._begin(command, changes, (writing, writing))
            os.close(writing)
            output = os.fdopen(reading, encoding="utf-8", errors="replace")
        self._running[command.stage] = process
        self._threads[command.stage] = command.threads
        self._events.tell("process", stage=command.stage, pid=process.pid)
        threading.Thread(target=self._follow, args=(command.stage, process, output), daemon=True).start()

    def wait(self) -> Ended:
        ended = self._ended.get()
        del self._running[ended.stage], self._threads[ended.stage]
        return ended

    def close(self) -> None:
        """End what still runs: what the terminal has interrupted already gets a moment to clean up."""
        for patience, then in ((1, signal.SIGINT), (3, signal.SIGTERM), (3, signal.SIGKILL)):
            deadline = time.monotonic() + patience
            with contextlib.suppress(queue.Empty):
                while self._running:
                    del self._running[self._ended.get(timeout=max(0, deadline - time.monotonic())).stage]
            for process in self._running.values():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, then)
        if "_server" in self.__dict__:
            self._server.close()

    def _begin(self, command: Command, changes: dict[str, str], outputs: tuple[int, int]) -> Process:
        if self._may_fork and (match := SCRIPT.fullmatch(command.line)):
            return self._server.start(match[1], match[2].split(), changes, outputs)
        stdout, stderr = outputs
        return subprocess.Popen(
            command.line, shell=True, env=os.environ | changes, stdout=stdout, stderr=stderr, cwd=paths.ROOT
        )

    def _follow(self, stage: str, process: Process, output: IO[str] | None) -> None:
        """Pass on what the stage says; tell its end."""
        if output:
            with output:
                for line in output:
                    pass_on(stage, line, self._events)
        self._ended.put(Ended(stage, process.wait()))


def pass_on(stage: str, line: str, events: Events) -> None:
    """Tell a line that a stage has said, and print it under the stage's name, as long as somebody reads that."""
    events.tell("line", stage=stage, text=line.rstrip("\n"))
    own = line.startswith(stage.partition("@")[2] + " ")
    with contextlib.suppress(BrokenPipeError):
        print(line if own else f"{stage}: {line}", end="", flush=True)


class Forked:
    """A child of the server."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._status: queue.SimpleQueue[int] = queue.SimpleQueue()

    def wait(self) -> int:
        return self._status.get()

    def end(self, status: int) -> None:
        self._status.put(status)


class Server:
    """The process that forks stages (`forking`), seen from here."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = ["python", forking.__file__, str(theirs.fileno())]
            with _interrupts_held():
                self._process = subprocess.Popen(command, env=environment, pass_fds=[theirs.fileno()], cwd=folder)
        self._children: dict[int, Forked] = {}
        self._started: queue.SimpleQueue[Forked | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def start(
        self,
        script: str,
        arguments: list[str],
        changes: dict[str, str],
        outputs: tuple[int, int],
        folder: Path | None = None,
    ) -> Forked:
        """Fork a child; it is at work in the server's own folder where none is named."""
        request = {"script": script, "arguments": arguments, "changes": changes, "folder": str(folder or "")}
        with self._lock:
            with contextlib.suppress(BrokenPipeError):  # heard of below
                socket.send_fds(self._connection, [json.dumps(request).encode()], list(outputs))
            child = self._started.get()
        if child is None:
            self._started.put(None)  # for whoever asks next
            raise UserError("the process that stages are forked from has ended; run the same command again")
        return child

    def close(self) -> None:
        with contextlib.suppress(OSError):  # it may be gone
            self._connection.shutdown(socket.SHUT_RDWR)  # closing alone would wait for the thread that listens
        self._process.wait()
        self._connection.close()

    def _listen(self) -> None:
        """Hear of starts and ends; when the server is gone, so are its children."""
        with contextlib.suppress(OSError):
            while content := self._connection.recv(forking.LARGEST):
                message = json.loads(content)
                if "started" in message:
                    child = self._children[message["started"]] = Forked(message["started"])
                    self._started.put(child)
                else:
                    self._children.pop(message["ended"]).end(message["status"])
        for child in self._children.values():
            child.end(-signal.SIGKILL)
        self._started.put(None)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """What starts meanwhile does not see the terminal's interrupts until it asks for them: Python itself would die."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
