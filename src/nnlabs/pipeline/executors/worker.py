"""A machine that has not the checkout: it keeps contents, lays out a stage's files and runs its command.

It runs no DVC. A job names the files that the stage goes by and reads; what of them is not kept here is asked for. Told
are the stage's lines, its checkpoints as they are written, and how it ended with what it made.
"""

import contextlib
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import filelock

from nnlabs.core import disk, runtime
from nnlabs.core.errors import UserError, said
from nnlabs.pipeline.executors import alike, forking, trees
from nnlabs.pipeline.executors.contents import Contents
from nnlabs.pipeline.executors.local import SCRIPT, Process, Server
from nnlabs.pipeline.executors.running import News, Running
from nnlabs.telling.progress import LINES

FOLDER = "NNLABS_WORK"
"""Moves the folder that a machine keeps what it was sent in."""
CHECKPOINTS = ".nnlabs/checkpoints"
"""Below a stage's folder, as below a checkout (`core.paths.cache`)."""
OF_CLUSTERS = ("RAY_", "OMP_", "SLURM_", "SUBMITIT_")
"""How variables begin that a cluster sets for its own programs: a stage settles its threads itself."""
ENDING = 3.0
"""Seconds that the worker of the last run may take to end."""
SMALL = 1 << 16
"""Bytes up to which what a stage made is told with its end, and not asked for."""
LOOKS = 0.5
"""Seconds between two looks for a new checkpoint."""

P = ParamSpec("P")
R = TypeVar("R")


class MachineError(Exception):
    """Something is wrong with the machine, not with the stage: another one may do it."""


def _of_the_machine(method: Callable[P, R]) -> Callable[P, R]:
    """Have a full disk and the like told as what they are."""

    @functools.wraps(method)
    def told(*given: P.args, **named: P.kwargs) -> R:
        try:
            return method(*given, **named)
        except (OSError, disk.DiskFullError) as error:
            code = disk.cause(error)
            raise MachineError(disk.CAUSES[code] if code else said(error)) from None

    return told


class Worker:
    """A machine. All methods may be called from several threads; what they take and return is plain."""

    def __init__(self, folder: str | None = None) -> None:
        chosen = folder or os.environ.get(FOLDER) or "~/.nnlabs-work"
        self.folder, self._held = _held(Path(chosen).expanduser().absolute())
        self.places = self.folder / "places"
        self._contents = Contents(self.folder / "contents", shutil.disk_usage(self.folder).free // 2)
        self._running: dict[str, Running] = {}
        self._forks: Server | None = None
        self._lock = threading.Lock()

    def about(self, packages: Iterable[str] = ()) -> dict[str, Any]:
        """What has to be as it is where the run was begun, and what stages are placed by."""
        return {
            "name": socket.gethostname(),
            "cpu": runtime.machine()["cpu"],
            "python": alike.PYTHON,
            "versions": alike.versions(packages),
            "code": alike.code(),
            "folder": str(self.folder),
        }

    def lacking(self, digests: Iterable[str]) -> list[str]:
        return [digest for digest in digests if not self._contents.has(digest)]

    @_of_the_machine
    def make_room(self, size: int, needed: Iterable[str]) -> None:
        """Forget contents, but none that is needed, where so many bytes would be too many."""
        self._contents.make_room(size, needed)

    @_of_the_machine
    def take(self, pieces: Iterable[tuple[str, int, int, bytes]]) -> None:
        """Keep contents: of each the hash, where the piece begins, the bytes of all pieces, and the piece.

        Raises
        ------
        WrongHashError
            Where one is not what it is called.
        """
        for piece in pieces:
            self._contents.write(*piece)

    @_of_the_machine
    def begin(
        self,
        stage: str,
        line: str,
        tree: trees.Tree,
        makes: list[str],
        gpus: list[int] | None = None,
        threads: int = 1,
    ) -> list[str]:
        """Start a stage's command in a folder that holds what it reads; its threads it settles itself.

        Returns the contents that it lacks for that, and has not started it then.

        Raises
        ------
        MachineError
            Where the folder cannot be written.
        """
        if lacking := self.lacking({entry[0] for entry in tree.values() if entry}):
            return lacking
        with self._lock:
            self._running = {name: each for name, each in self._running.items() if not (each.told and each.heard)}
            taken = {each.place for each in self._running.values()}
            place = next(p for n in range(len(taken) + 1) if (p := self.places / str(n)) not in taken)
            running = self._running[stage] = Running(place, makes)
        threading.Thread(target=self._run, args=(running, stage, line, tree, gpus), daemon=True).start()
        return []

    def _run(self, running: Running, stage: str, line: str, tree: trees.Tree, gpus: list[int] | None) -> None:
        """One thread: lay out, start, tell what the stage says, and its end. A slow machine's start takes a minute."""
        try:
            running.place.mkdir(parents=True, exist_ok=True)
            trees.lay(tree, running.place, self._contents)
            running.seen = {path: _state(path) for path in (running.place / CHECKPOINTS).glob("*/*.pt")}
            reading, writing = os.pipe()
            try:
                running.process = self._start(stage, line, running.place, writing, gpus)
            finally:
                os.close(writing)
            if running.unwanted:
                running.end(signal.SIGKILL)
            ended = self._made(running, self._follow(running, reading))
        except (OSError, disk.DiskFullError, UserError) as error:
            code = disk.cause(error)
            ended = 1, {}, disk.CAUSES[code] if code else said(error), {}
        running.over.set()
        running.told = True
        running.tell("ended", *ended)

    def _start(self, stage: str, line: str, place: Path, output: int, gpus: list[int] | None) -> Process:
        changes = {"DVC_STAGE": stage, "DVC_ROOT": str(place), LINES: "lines"}
        if gpus is not None:
            visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
            chosen = (visible[n] if n < len(visible) and visible[0] else str(n) for n in gpus)
            changes["CUDA_VISIBLE_DEVICES"] = ",".join(chosen)
        if forking.usable() and (match := SCRIPT.fullmatch(line)):
            forked: Process = self._server().start(match[1], match[2].split(), changes, (output, output), place)
            return forked
        return subprocess.Popen(
            line,
            shell=True,
            cwd=place,
            env=_environment() | changes,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def _server(self) -> Server:
        """One for all stages, however many begin at once."""
        with self._lock:
            if self._forks is None:
                self._forks = Server(self.folder, _environment())
            return self._forks

    def _follow(self, running: Running, reading: int) -> int:
        """Tell what the stage says, and its checkpoints, until it has ended. Returns its status."""
        assert running.process
        watching = threading.Thread(target=self._watch, args=(running,), daemon=True)
        watching.start()
        with os.fdopen(reading, encoding="utf-8", errors="replace") as output:
            for line in output:
                running.tell("line", line)
        status = running.process.wait()
        running.over.set()
        watching.join()
        return status

    def _made(self, running: Running, status: int) -> tuple[int, trees.Tree, str, dict[str, bytes]]:
        """Exit status, what was made, what is wrong with the machine, if anything is; and small contents themselves."""
        try:
            if status:
                self._try_disk()
            made = [name for name in running.makes if (running.place / name).exists()]
            tree = trees.read(running.place, made, self._contents.keep) if not status else {}
            small = {entry[0]: entry[1] for entry in tree.values() if entry and entry[1] <= SMALL}
            return status, tree, "", {digest: self._contents.read(digest, 0, size) for digest, size in small.items()}
        except (OSError, disk.DiskFullError) as error:
            code = disk.cause(error)
            return status, {}, disk.CAUSES[code] if code else said(error), {}

    def _try_disk(self) -> None:
        """A stage that failed may have met a disk that is full."""
        tried = self.folder / ".tried"
        try:
            tried.write_bytes(bytes(1 << 20))
        finally:
            tried.unlink(missing_ok=True)

    def _watch(self, running: Running) -> None:
        folder = running.place / CHECKPOINTS
        kept: dict[Path, str] = {}
        while not running.over.wait(LOOKS):
            for path in sorted(folder.glob("*/[!.]*.pt")):
                with contextlib.suppress(OSError):  # gone meanwhile, or the disk is full: the next one, then
                    if running.seen.get(path) == _state(path):
                        continue
                    digest = self._contents.keep(path)
                    running.seen[path] = _state(path)
                    running.tell("checkpoint", path.relative_to(folder).as_posix(), digest, path.stat().st_size)
                    if (before := kept.get(path)) and before != digest:
                        self._contents.drop(before)
                    kept[path] = digest

    def news(self, stage: str, seen: int, patience: float) -> list[News]:
        """What a stage has told since so many news, waited for up to some seconds."""
        running = self._running[stage]
        with running.changed:
            running.changed.wait_for(lambda: len(running.news) > seen, patience)
            news = running.news[seen:]
            running.heard |= any(kind == "ended" for kind, *_ in news)
            return news

    @_of_the_machine
    def give(self, pieces: Iterable[tuple[str, int, int]]) -> list[bytes]:
        """Of contents, from an offset, so many bytes."""
        return [self._contents.read(*piece) for piece in pieces]

    def forget(self, stage: str) -> None:
        """End the stage if it still runs; its folder is the next one's."""
        running = self._running.get(stage)
        if not running:
            return
        running.unwanted = running.heard = True
        for how, seconds in ((signal.SIGTERM, 3.0), (signal.SIGKILL, 10.0)):
            running.end(how)
            running.over.wait(seconds)

    def close(self) -> None:
        for stage in [*self._running]:
            self.forget(stage)
        if self._forks:
            self._forks.close()
        self._held.release()


def _held(folder: Path) -> tuple[Path, filelock.BaseFileLock]:
    """The folder, or one beside it where another of this machine's workers has that."""
    for n in range(1, 100):
        chosen = folder if n == 1 else folder.with_name(f"{folder.name}-{n}")
        chosen.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(chosen / "lock", thread_local=False)
        with contextlib.suppress(filelock.Timeout):
            lock.acquire(timeout=ENDING if n == 1 else 0)
            return chosen, lock
    raise MachineError(f"{folder} and ninety more are in use")


def _environment() -> dict[str, str]:
    """Of stages: without what the cluster's own programs are told."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(OF_CLUSTERS)}
    return kept | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns
