"""Cores and memory: of the machine, and of the stages that run."""

import contextlib
from dataclasses import dataclass, field
from typing import Any

import psutil

from nnlabs.pipeline.watch.state import Run

LONGEST = 600
"""Samples that are kept: then every second one goes, and they come half as often."""


@dataclass
class Machine:
    """Samples of the whole machine, and the last ones of stages."""

    every: float = 2.0
    """Seconds between samples."""
    samples: list[tuple[int, float, float, float]] = field(default_factory=list)
    """Version, time, cores at work, bytes in use."""
    stages: dict[str, tuple[float, int]] = field(default_factory=dict)
    """Cores and bytes of what runs, by run and stage."""
    _processes: dict[int, list[psutil.Process]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        psutil.cpu_percent()  # the first says nothing, later ones what was since

    def due(self, now: float) -> bool:
        return not self.samples or not 0 <= now - self.samples[-1][1] < self.every  # a clock may be set back

    def sample(self, runs: list[Run], now: float, version: int) -> None:
        memory = psutil.virtual_memory()
        cores = psutil.cpu_percent() / 100 * (psutil.cpu_count() or 1)
        self.samples.append((version, round(now, 1), round(cores, 2), memory.total - memory.available))
        if len(self.samples) > LONGEST:
            del self.samples[1::2]
            self.every *= 2
        running = {
            f"{run.name} {name}": stage.pid
            for run in runs
            for name, stage in run.stages.items()
            if stage.state == "running" and stage.pid
        }
        known = self._processes
        self.stages = {name: _use(known[pid]) for name, pid in running.items() if pid in known}
        self._processes = {pid: known[pid] if pid in known else _family(pid) for pid in running.values()}

    def changes(self, since: int) -> dict[str, Any]:
        return {
            "cores": psutil.cpu_count() or 1,
            "memory": psutil.virtual_memory().total,
            "samples": [sample for version, *sample in self.samples if version > since],
            "stages": self.stages,
        }


def _family(pid: int) -> list[psutil.Process]:
    """The process and those that it has started: looked for once, since that takes a look at all there are."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        _use(family)
        return family
    return []


def _use(family: list[psutil.Process]) -> tuple[float, int]:
    """Cores since the last look, and bytes."""
    cores, memory = 0.0, 0
    for process in family:
        with contextlib.suppress(psutil.Error):
            cores += process.cpu_percent() / 100
            memory += process.memory_info().rss
    return round(cores, 2), memory
