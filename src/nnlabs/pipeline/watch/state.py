"""What there is to see of a run: its stages and their curves, from its events."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

EPOCH = re.compile(
    r"(?P<run>.+) epoch (?P<epoch>\d+)/(?P<of>\d+): loss (?P<loss>[^ ,]+)(, validation (?P<validation>[\d.]+)%)?(, .*)?"
)
LEFT = re.compile(r".*, (\d+) s left")
"""How `telling.progress` says it."""
ENDED = ("fresh", "done", "unchanged", "restored")
"""States that hold nothing back; others are waiting, running, failed, held, interrupted and left."""
KEPT = 200
"""Lines of a stage's log."""
SHOWN = 8
"""Of them while it runs."""
MEANINGFUL = 20.0
"""Seconds of stages with records before those that are to come are measured by them."""


@dataclass
class Curve:
    """Of one training: a seed, with a learning rate where several are tried."""

    of: int
    """Epochs to come in all."""
    points: list[list[float | None]] = field(default_factory=list)
    """Epoch, loss, and percent right of validation where that is measured."""


@dataclass
class Stage:
    needs: list[str] = field(default_factory=list)
    threads: int = 1
    seconds: float = 0.0
    """That it is expected to take."""
    state: str = "fresh"
    began: float | None = None
    took: float | None = None
    pid: int | None = None
    error: str | None = None
    log: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))
    left: tuple[float, float] | None = None
    """Seconds that it said are left, and when."""
    curves: dict[str, Curve] = field(default_factory=dict)
    version: int = 0

    @property
    def unrecorded(self) -> bool:
        """Whether it is to come and nobody knows how long it takes."""
        return self.state == "waiting" and self.seconds < 1

    def until(self, pace: float) -> float:
        """When it will end: not before what it has said, nor before what was recorded of it."""
        expected = (self.began or 0) + self.seconds * pace
        return max(expected, sum(self.left)) if self.left else expected

    def shown(self, pace: float) -> dict[str, Any]:
        """For the page: what is nothing is left out."""
        lines = {"running": SHOWN, "failed": KEPT, "interrupted": KEPT}.get(self.state, 0)
        told = {
            "needs": self.needs,
            "state": self.state,
            "threads": self.threads,
            "seconds": round(self.seconds * pace, 1) if self.state == "waiting" else None,
            "began": self.began,
            "until": round(self.until(pace), 1) if self.state == "running" else None,
            "took": self.took,
            "error": self.error,
            "log": [*self.log][len(self.log) - min(lines, len(self.log)) :],
            "curves": {run: {"of": curve.of, "points": curve.points} for run, curve in self.curves.items()},
        }
        return {key: value for key, value in told.items() if value not in (None, [], {})}


class Run:
    """A run as far as its events have been applied."""

    def __init__(self, name: str) -> None:
        self.name, self.title, self.root = name, name, ""
        self.pid: int | None = None
        self.ticks: int | None = None
        """Which process of this number it is (`events.ticks`)."""
        self.jobs = 1
        self.began: float | None = None
        self.over: float | None = None
        self.stages: dict[str, Stage] = {}
        self.version = 0
        self._heard = 0.0

    def apply(self, event: dict[str, Any], version: int) -> None:
        """Go on by one event, which makes this version; of one that is not known nothing is shown."""
        self.version = version
        when, name = float(event["t"]), str(event.get("stage", ""))
        self._heard = when
        match event["event"]:
            case "begin":
                self.title, self.root, self.pid = event["title"], event["root"], event["pid"]
                self.jobs, self.began, self.ticks = event["jobs"], when, event.get("ticks")
            case "plan":
                self._plan(event["stages"])
            case "start":
                stage = self._changed(name)
                stage.state, stage.began = "running", when
            case "process":
                self._changed(name).pid = event["pid"]
            case "line":
                self._line(name, event["text"], when)
            case "end":
                self._end(name, event["state"], event.get("error"), when)
            case "over":
                self.end(when, version)

    def end(self, when: float, version: int) -> None:
        """The run is over, as it says or because its process is gone."""
        self.over, self.version = when, version
        for name, stage in self.stages.items():
            if stage.state == "running":
                self._end(name, "interrupted", None, when)
            elif stage.state == "waiting":
                self._changed(name).state = "left"

    def learned(self, name: str, rows: Iterable[dict[str, str]]) -> None:
        """Every epoch of a training that is done, by its history: of the lines that it said some were left out."""
        rows, curves = [*rows], dict[str, Curve]()
        searched = len({row["lr"] for row in rows}) > 1
        for row in rows:
            run = f"seed {row['seed']}" + (f" lr {float(row['lr']):g}" if searched else "")
            curve = curves.setdefault(run, Curve(0))
            validation = round(100 * float(row["validation_accuracy"]), 2) if row["validation_accuracy"] else None
            curve.points.append([int(row["epoch"]), _number(row["train_loss"]), validation])
            curve.of = len(curve.points)
        self.stages[name].curves = curves or self.stages[name].curves

    def changes(self, since: int) -> dict[str, Any]:
        """What a page has to know that knew version `since`; at 0 it knew nothing."""
        pace = self.pace()
        new = {name: stage for name, stage in self.stages.items() if stage.version > since}
        return {
            "title": self.title,
            "jobs": self.jobs,
            "began": self.began,
            "over": self.over,
            "until": None if self.over else self.until(pace),
            "unrecorded": sum(name.startswith("train@") and stage.unrecorded for name, stage in self.stages.items()),
            "stages": {name: stage.shown(pace) for name, stage in new.items()},
        }

    def pace(self) -> float:
        """How long stages take now, by what they took when they were recorded."""
        both = [(s.took, s.seconds) for s in self.stages.values() if s.state == "done" and s.took and s.seconds > 1]
        took, expected = (sum(each) for each in zip(*both, strict=True)) if both else (0.0, 0.0)
        return took / expected if expected > MEANINGFUL else 1.0

    def until(self, pace: float) -> float | None:
        """When all will be done, were no core idle; None where nothing that is to come was ever recorded."""
        now = self._heard
        left = {name: self._left(stage, now, pace) for name, stage in self.stages.items()}
        if not any(left.values()):
            return None
        work = sum(seconds * min(self.stages[name].threads, self.jobs) for name, seconds in left.items()) / self.jobs
        return round(now + max(work, self._longest(left)), 1)

    def _left(self, stage: Stage, now: float, pace: float) -> float:
        if stage.state == "running":
            return max(0.0, stage.until(pace) - now)
        return stage.seconds * pace if stage.state == "waiting" else 0.0

    def _longest(self, left: dict[str, float]) -> float:
        """Seconds of the longest chain of stages."""
        chains: dict[str, float] = {}

        def chain(name: str) -> float:
            if name not in chains:
                needed = (chain(each) for each in self.stages[name].needs if each in self.stages)
                chains[name] = left[name] + max(needed, default=0.0)
            return chains[name]

        return max(map(chain, self.stages), default=0.0)

    def _plan(self, stages: dict[str, dict[str, Any]]) -> None:
        for name, each in stages.items():
            stage = self._changed(name)
            stage.needs = each["needs"]
            if "seconds" in each and stage.state == "fresh":
                stage.state, stage.threads, stage.seconds = "waiting", each["threads"], each["seconds"]

    def _line(self, name: str, text: str, when: float) -> None:
        stage = self._changed(name)
        stage.log.append(text)
        if match := LEFT.fullmatch(text):
            stage.left = when, float(match[1])
        if match := EPOCH.fullmatch(text):
            key = name.partition("@")[2]
            curve = stage.curves.setdefault(match["run"].removeprefix(f"{key} "), Curve(0))
            curve.of = int(match["of"])
            validation = float(match["validation"]) if match["validation"] else None
            curve.points.append([int(match["epoch"]), _number(match["loss"]), validation])

    def _end(self, name: str, state: str, error: str | None, when: float) -> None:
        stage = self._changed(name)
        stage.state, stage.error = state, error
        if stage.began is not None:
            stage.took = round(when - stage.began, 2)
        if state == "failed":
            for each in self._following(name):
                held = self._changed(each)
                held.state = "held" if held.state == "waiting" else held.state

    def _following(self, name: str) -> Iterator[str]:
        """Every stage that reads what this one makes, or what those make."""
        found = {name}
        while new := {each for each, stage in self.stages.items() if found & {*stage.needs}} - found:
            found |= new
            yield from sorted(new)

    def _changed(self, name: str) -> Stage:
        stage = self.stages.setdefault(name, Stage())
        stage.version = self.version
        return stage


def _number(text: str) -> float | None:
    """What JSON has no word for is none: a browser could not read it."""
    number = float(text)
    return number if abs(number) < float("inf") else None
