"""What several machines cost beside one, and what 1,000 variants would take."""

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.kinds import Record, records
from nnlabs.reporting.sentences import percent
from pages.conditions import side_by_side, where
from pages.numbers import table

VARIANTS = 1000
EVALUATED = 5.0
"""Seconds that a variant's test and its stages' starts take beside its training, a guess."""
POOLS = {2: "one machine of two cores", 20: "ten PCs of two cores", 40: "of four", 80: "of eight"}
"""Threads that the variants are spread over."""


@dataclass(frozen=True)
class View:
    table: str
    kinds: list[str]  # machine and day of each
    variants: int  # of the default run, as recorded
    evaluated: float
    thousand: str
    hours: str  # of one core


def share(record: Record) -> float:
    """Seconds that a stage takes more on a worker of Ray than with `local`."""
    return float(record["ray"]["alone"] - record["local"]["alone"]) / int(record["alone"])


def over_ideal(record: Record, executor: str) -> float:
    """Seconds of many stages of a second each, by the seconds of workers that never wait."""
    return float(record[executor]["busy"]) * int(record["machines"]) / int(record["many"])


def view(results: dict[str, Any]) -> View | None:
    if not (found := records(results, "machines")):
        return None
    first = found[0]
    head = first["local"]["idle"] / first["many"]
    drawn = random.Random(0).choices(first["trained"], k=VARIANTS)
    total = sum(drawn) + VARIANTS * EVALUATED
    rows = []
    for threads, what in POOLS.items():
        seconds = simulated(drawn, threads, head, share(first))
        rows.append((f"{threads}, {what}", f"{seconds / 3600:.1f}", f"{percent(total / threads / seconds, 0)} %"))
    return View(
        side_by_side(("", "`local`", "Ray"), found, _rows),
        [where(each) for each in found],
        len(first["trained"]),
        EVALUATED,
        table(("threads", "hours", "of the time at work"), rows),
        f"{total / 3600:.0f}",
    )


def _rows(record: Record) -> Iterator[tuple[str, ...]]:
    many, machines = record["many"], record["machines"]
    alone = f"{record['alone']} stages of no time, one after the other"
    yield alone, *(f"{record[each]['alone']:.1f} s" for each in ("local", "ray"))
    yield f"{many} of no time, {machines} side by side", f"{record['local']['idle']:.1f} s", ""
    busy = (f"{record[each]['busy']:.1f} s, {over_ideal(record, each):.2f} × the ideal" for each in ("local", "ray"))
    yield f"{many} of a second, {machines} side by side", *busy


def simulated(trained: list[float], workers: int, head: float, share: float) -> float:
    """Seconds that variants of so many seconds of training take on workers of a thread each.

    The longest come first; of each, training and test are a stage. The head is busy `head` seconds a stage, with one
    after the other; a worker is lost to others `share` seconds more.
    """
    free = [0.0] * workers
    heapq.heapify(free)
    desk = 0.0
    for seconds in sorted(trained, reverse=True):
        begins = max(heapq.heappop(free), desk)
        desk = begins + 2 * head
        heapq.heappush(free, begins + seconds + EVALUATED + 2 * share)
    return max(*free, desk)
