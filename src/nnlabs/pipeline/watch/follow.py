"""Following the runs of this checkout by the events that they write."""

import contextlib
import csv
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from nnlabs.pipeline import events
from nnlabs.pipeline.watch.machine import Machine
from nnlabs.pipeline.watch.state import Run


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


class Watched:
    """Runs, and the machine that they run on; `version` counts what has changed."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.machine = Machine()
        self.version = 0
        self._tails: dict[str, Tail] = {}

    def follow(self, path: Path) -> Run:
        """Begin to follow the run that writes its events to this file."""
        name = path.stem
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

    def at_work(self) -> bool:
        return not all(run.over for run in self.runs.values())

    def close(self) -> None:
        for tail in self._tails.values():
            tail.close()

    def changes(self, since: int) -> dict[str, Any]:
        """What a page has to know that knew this version; one that another process served is told all."""
        if since > self.version:
            since = 0
        return {
            "version": self.version,
            "now": time.time(),
            "runs": {name: run.changes(since) for name, run in self.runs.items() if run.version > since},
            "machine": self.machine.changes(since),
        }

    def _read(self, run: Run) -> None:
        for event in _events(self._tails[run.name].lines()):
            self.version += 1
            run.apply(event, self.version)
            name = event.get("stage", "")
            if name.startswith("train@") and event.get("state") in ("done", "restored"):
                with contextlib.suppress(KeyError, ValueError):  # no history of ours: what was said remains
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
    """Whether its process is there; after a kill another may have its number, which began later."""
    try:
        process = psutil.Process(run.pid)
        return bool(process.create_time() < (run.began or 0) + 1 and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def at_work() -> list[Path]:
    """The events of runs whose process is there and that have not said that they are over."""
    found = []
    for path in sorted(events.folder().glob("*.jsonl")):
        run = Run(path.stem)
        tail = Tail(path)
        for event in _events(tail.lines()):
            if event["event"] in ("begin", "over"):
                run.apply(event, 1)
        tail.close()
        if not run.over and alive(run):
            found.append(path)
    return found
