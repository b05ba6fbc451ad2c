"""Under which conditions a section was measured."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.kinds import KINDS, Record
from nnlabs.reporting.sentences import counted
from pages.numbers import table

INSTRUCTIONS = re.compile(r" \([a-z0-9_, ]+\)$")
"""How the name of a processor ends."""
ON = "measured on"
"""The last column of every table."""


@dataclass(frozen=True)
class Conditions:
    rounds: int
    idle_cores: float  # in use while every loop waits
    disturbed: int | None  # turns that other programs disturbed; None where nobody looked
    where: str


def conditions(race: dict[str, Any], record: Record) -> Conditions:
    """Of a race, which may be one of several of its section."""
    rounds = len(next(iter(race["seconds"].values())))
    return Conditions(rounds, race["idle_cores"], race.get("disturbed"), where(record))


def where(record: Record) -> str:
    """Day and machine."""
    machine = record["machine"]
    gpu = f"{machine['gpu']}, " if machine["gpu"] else ""
    forced = f", {record['precision']} forced" if record.get("forced") else ""
    return f"{record['when']}, {gpu}{machine['cpu']}, {machine['cores']} cores, {machine['system']}{forced}."


def place(record: Record) -> str:
    """The same, as short as a row of a table wants it."""
    machine = record["machine"]
    if machine["gpu"]:
        return f"{machine['gpu']}, {record['when']}"
    cpu = INSTRUCTIONS.sub("", machine["cpu"])
    kind = f", {record['precision']} forced" if record.get("forced") else f" {KINDS[record['precision']]}"
    return f"{cpu}{kind}, {machine['cores']} cores, {record['when']}"


def trained_on(record: Record) -> str:
    """Of a row that is the report's: a variant has threads of its own, whatever cores there are."""
    machine = record["machine"]
    on = machine["gpu"] or f"{INSTRUCTIONS.sub('', machine['cpu'])}, {counted(record['threads'], 'thread')}"
    return f"{on}, {record['precision']}, {record['when']}"


def side_by_side(
    header: Sequence[str], found: Iterable[Record], rows: Callable[[Record], Iterable[Sequence[str]]]
) -> str:
    """A table of every kind of CPU's rows, each with its machine and day."""
    return table((*header, ON), [(*row, place(record)) for record in found for row in rows(record)])
