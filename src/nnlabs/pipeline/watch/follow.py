"""Following the runs of this checkout by the events that they write."""

import contextlib
import csv
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from nnlabs.core import paths
from nnlabs.pipeline import events
from nnlabs.pipeline.watch.machine import Machine
from nnlabs.pipeline.watch.state import Run

RUNNING = re.compile(r"Running stage '(.+)':")
"""What DVC says before a stage."""


class Tail:
    """The lines that come to a file; one that is not whole yet comes later."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._rest = b""

    def lines(self) -> list[str]:
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def close(self) -> None:
        self._file.close()


class Log(Tail):
    """The file that an experiment of a queue speaks into, DVC in between its stages."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._stage: str | None = None

    def lines(self) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        """As events."""
        for text in super().lines():
            if match := RUNNING.fullmatch(text):
                self._stage = match[1]
            elif self._stage and not text.startswith("> "):
                yield {"t": time.time(), "event": "line", "stage": self._stage, "text": text}


class Watched:
    """Runs, and the machine that they run on; `version` counts what has changed."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.machine = Machine()
        self.version = 0
        self.last = False
        """Whether nothing more will be told."""
        self._seen: set[tuple[str, float | None]] = set()
        self._tails: dict[str, Tail] = {}
        self._logs: dict[str, Log] = {}

    def find(self) -> None:
        """Begin to follow the runs of this checkout that are at work and are not followed yet."""
        for path in sorted(events.folder().glob("*.jsonl")):
            with contextlib.suppress(FileNotFoundError):  # over in this moment
                begun = _begun(path)
                if begun and (begun.name, begun.began) not in self._seen and alive(begun):
                    self.follow(path)
                    self._seen.add((begun.name, begun.began))

    def follow(self, path: Path) -> Run:
        """Begin to follow the run that writes its events to this file."""
        name = path.stem
        if name in self._tails:
            self._tails[name].close()
        self._tails[name] = Tail(path)
        run = self.runs[name] = Run(name)
        self._read(run)
        return run

    def look(self) -> None:
        """Take in what has happened since the last time."""
        for run in self.runs.values():
            if not run.over:
                gone = not alive(run)
                self._read(run)
                if gone and not run.over:  # killed: it could not say so
                    self.version += 1
                    run.end(time.time(), self.version)
        now = time.time()
        if self.at_work() and self.machine.due(now):
            self.version += 1
            self.machine.sample([*self.runs.values()], now, self.version)

    def finish(self) -> None:
        """Let pages know that they need not ask again."""
        self.version += 1
        self.last = True

    def at_work(self) -> bool:
        return not all(run.over for run in self.runs.values())

    def close(self) -> None:
        for tail in (*self._tails.values(), *self._logs.values()):
            tail.close()

    def changes(self, since: int) -> dict[str, Any]:
        """What a page has to know that knew this version; one that another process served is told all."""
        if since > self.version:
            since = 0
        return {
            "version": self.version,
            "last": self.last,
            "now": time.time(),
            "runs": {name: run.changes(since) for name, run in self.runs.items() if run.version > since},
            "machine": self.machine.changes(since),
        }

    def _read(self, run: Run) -> None:
        told = [*_events(self._tails[run.name].lines())]
        if run.name in self._logs:
            told = [*self._logs[run.name].lines(), *told]  # what a stage has said comes before its end
        for event in told:
            self.version += 1
            run.apply(event, self.version)
            if event["event"] == "begin" and "log" in event:
                with contextlib.suppress(OSError):
                    self._logs[run.name] = Log(Path(event["log"]))
            name = event.get("stage", "")
            if name.startswith("train@") and event.get("state") in ("done", "restored"):
                with contextlib.suppress(KeyError, TypeError, ValueError):  # no history of ours: what was said remains
                    run.learned(name, _history(Path(run.root), name.removeprefix("train@")))


def _events(lines: list[str]) -> Iterator[dict[str, Any]]:
    """A line that a full disk has cut off is none."""
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and {"t", "event"} <= event.keys():
            yield event


def _history(root: Path, variant: str) -> list[dict[str, str]]:
    """The rows of the variant's history; none where it cannot be read any more."""
    for path in (root / "reports" / "results").glob(f"*/{variant}/history.csv"):
        try:
            with path.open(newline="", encoding="utf-8") as file:
                return [*csv.DictReader(file)]
        except OSError:
            break
    return []


def alive(run: Run) -> bool:
    """Whether its process is there; after a kill another may have its number, where Linux tells them apart."""
    try:
        there = psutil.Process(run.pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    return there and (run.pid is None or run.ticks in (None, events.ticks(run.pid)))


def _begun(path: Path) -> Run | None:
    """The run of these events as it began; None where it has not yet."""
    with path.open("rb") as file:
        first = [*_events([file.readline().decode(errors="replace")])]
    if not first or first[0]["event"] != "begin":
        return None
    run = Run(path.stem)
    run.apply(first[0], 1)
    return run


def queue_at_work() -> bool:
    """Whether DVC's queue has a worker, which may begin another experiment."""
    for path in (paths.checkout() / ".dvc" / "tmp" / "exps" / "celery").glob("dvc-exp-worker-*.pid"):
        with contextlib.suppress(OSError, ValueError, psutil.Error):
            if psutil.Process(int(path.read_text())).status() != psutil.STATUS_ZOMBIE:
                return True
    return False
