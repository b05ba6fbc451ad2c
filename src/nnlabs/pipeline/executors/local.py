"""Stages as processes of this machine: forked from a server where that is safe, else started anew."""

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from typing import IO, Protocol

from nnlabs.core import paths
from nnlabs.pipeline.executors import Command, Ended, forking
from nnlabs.telling.progress import LINES


class Process(Protocol):
    pid: int

    def wait(self) -> int:
        """Its exit status, once it has ended."""


class Local:
    """Runs commands side by side; with one job a stage has the terminal to itself."""

    def __init__(self, jobs: int) -> None:
        self._alone = jobs == 1
        self._ended: queue.SimpleQueue[Ended] = queue.SimpleQueue()
        self._running: dict[str, Process] = {}
        self._forks = Forks() if forking.usable() else None

    def start(self, command: Command) -> None:
        environment = os.environ | {"DVC_STAGE": command.stage, "DVC_ROOT": str(paths.ROOT)}
        if self._alone:
            process, output = self._begin(command, environment, (1, 2)), None
        else:
            reading, writing = os.pipe()
            process = self._begin(command, environment | {LINES: "lines"}, (writing, writing))
            os.close(writing)
            output = os.fdopen(reading, encoding="utf-8", errors="replace")
        self._running[command.stage] = process
        threading.Thread(target=self._follow, args=(command.stage, process, output), daemon=True).start()

    def wait(self) -> Ended:
        ended = self._ended.get()
        del self._running[ended.stage]
        return ended

    def close(self) -> None:
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGTERM)
        if self._forks:
            self._forks.close()

    def _begin(self, command: Command, environment: dict[str, str], outputs: tuple[int, int]) -> Process:
        python, script, *_ = *command.words, "", ""
        if self._forks and python == "python" and script.startswith("stages/"):
            return self._forks.start(command, environment, outputs)
        return subprocess.Popen(command.words, env=environment, stdout=outputs[0], stderr=outputs[1], cwd=paths.ROOT)

    def _follow(self, stage: str, process: Process, output: IO[str] | None) -> None:
        """Pass on what the stage says, line by line under its name, and tell its end."""
        if output:
            with output:
                for line in output:
                    own = line.startswith(stage.partition("@")[2] + " ")
                    print(line if own else f"{stage}: {line}", end="", flush=True)
        self._ended.put(Ended(stage, process.wait()))


class Forked:
    """A child of the server."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._status: queue.SimpleQueue[int] = queue.SimpleQueue()

    def wait(self) -> int:
        return self._status.get()

    def end(self, status: int) -> None:
        self._status.put(status)


class Forks:
    """The server's other side."""

    def __init__(self) -> None:
        self._connection, theirs = socket.socketpair()
        environment = (
            os.environ | forking.ONE_THREAD | {"GOMP_SPINCOUNT": "2000", "PYTHONPATH": os.pathsep.join(sys.path)}
        )
        self._server = subprocess.Popen(
            [sys.executable, "-m", forking.__name__, str(theirs.fileno())],
            env=environment,
            pass_fds=[theirs.fileno()],
            cwd=paths.ROOT,
        )
        theirs.close()
        self._children: dict[int, Forked] = {}
        self._started: queue.SimpleQueue[Forked | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def start(self, command: Command, environment: dict[str, str], outputs: tuple[int, int]) -> Forked:
        request = {"words": command.words, "environment": environment, "folder": str(paths.ROOT)}
        socket.send_fds(self._connection, [json.dumps(request).encode() + b"\n"], list(outputs))
        child = self._started.get()
        if child is None:
            raise OSError("the process that starts stages has ended")
        return child

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)  # the listener holds it open
        self._connection.close()
        self._server.wait()

    def _listen(self) -> None:
        """Hear of starts and ends; when the server is gone, so are its children."""
        with contextlib.suppress(OSError), self._connection.makefile("r", encoding="utf-8") as messages:
            for line in messages:
                message = json.loads(line)
                if "started" in message:
                    child = self._children[message["started"]] = Forked(message["started"])
                    self._started.put(child)
                else:
                    self._children.pop(message["ended"]).end(message["status"])
        for child in self._children.values():
            child.end(-signal.SIGKILL)
        self._started.put(None)
