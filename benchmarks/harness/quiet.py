"""Turns while nothing else uses the machine: two threads that share a core with another program show only that.

A turn waits until the machine is idle; one during which other programs used more than a quarter of
a core is done again. That is decided without looking at how long it took. Linux.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import psutil

from harness.protocol import Worker

CORES = 0.25
"""What other programs may use, in cores."""
PATIENCE = 300.0
"""Seconds to wait for one quiet turn; after that it counts as it is, and the page says how many did."""
PAUSE = 1.0

Answers = list[dict[str, Any]]


def undisturbed(turn: Callable[[], Answers], workers: Sequence[Worker]) -> tuple[Answers, bool]:
    """What the turn's workers answer, and whether they had the machine to themselves."""
    until = time.monotonic() + PATIENCE
    while True:
        while others([], lambda: time.sleep(PAUSE))[1] > CORES and time.monotonic() < until:
            pass
        answers, used = others(workers, turn)
        if used <= CORES or time.monotonic() > until:
            return answers, used <= CORES


def others(workers: Sequence[Worker], work: Callable[[], Any]) -> tuple[Any, float]:
    """The work's result, and how many cores all programs but these workers used meanwhile."""

    def used() -> float:
        machine = psutil.cpu_times()
        # with what its own processes used, once they have ended
        ours = sum(sum(psutil.Process(worker.process.pid).cpu_times()[:4]) for worker in workers)
        return sum(machine) - machine.idle - getattr(machine, "iowait", 0.0) - ours

    before, began = used(), time.perf_counter()
    result = work()
    return result, (used() - before) / (time.perf_counter() - began)
