"""Loops that take turns within the same minutes, an epoch each, round after round."""

import sys
import time
from collections.abc import Sequence
from typing import Any

import psutil

from harness.protocol import Worker
from harness.quiet import undisturbed

OURS = sys.executable
PEERS = ".venv-bench/bin/python"

Rows = dict[str, list[tuple[str, ...]]]
"""What takes a turn: under each title the commands (interpreter, script, arguments) that run at once."""


def race(rows: Rows, rounds: int, tell: Sequence[str] = (), alone: bool = False) -> dict[str, Any]:
    """Seconds of every row in every round, after one epoch to warm up; a row of several waits for its slowest.

    Of what a row's first worker tells besides, `tell` is kept, as it stands after the last round. With
    `alone`, turns that other programs disturb are done again.
    """
    workers: dict[str, list[Worker]] = {}
    seconds: dict[str, list[float]] = {title: [] for title in rows}
    told: dict[str, dict[str, float]] = {key: {} for key in tell}
    disturbed = 0
    try:
        for title, commands in rows.items():
            workers[title] = [Worker(*command) for command in commands]
            warm_up = max(worker.answer()["seconds"] for worker in workers[title])
            print(f"{title}: ready, {warm_up:.2f} s", flush=True)
        for turn in range(rounds):
            for title, each in workers.items():
                answers, quiet = undisturbed(lambda each=each: _turn(each), each) if alone else (_turn(each), True)
                disturbed += not quiet
                seconds[title].append(max(answer["seconds"] for answer in answers))
                for key in tell:
                    told[key][title] = answers[0][key]
                print(f"round {turn + 1}/{rounds}, {title}: {seconds[title][-1]:.2f} s", flush=True)
        return told | {
            **({"disturbed": disturbed} if alone else {}),
            "seconds": seconds,
            "idle_cores": idle_cores([each for row in workers.values() for each in row]),
        }
    finally:
        for worker in [each for row in workers.values() for each in row]:
            worker.close()


def _turn(workers: list[Worker]) -> list[dict[str, Any]]:
    for worker in workers:
        worker.ask()
    return [worker.answer() for worker in workers]


def idle_cores(workers: list[Worker], pause: float = 2.0) -> float:
    """Cores in use while all of them wait: it has to be about 0, or they would disturb each other's turns."""

    def used() -> float:
        return sum(sum(psutil.Process(worker.process.pid).cpu_times()[:2]) for worker in workers)

    before = used()
    time.sleep(pause)
    return (used() - before) / pause
