"""Under which conditions a section was measured."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Conditions:
    rounds: int
    idle_cores: float  # in use while every loop waits
    disturbed: int | None  # turns that other programs disturbed; None where nobody looked
    where: str


def conditions(race: dict[str, Any], section: dict[str, Any]) -> Conditions:
    """Of a race, which may be one of several of its section."""
    rounds = len(next(iter(race["seconds"].values())))
    return Conditions(rounds, race["idle_cores"], race.get("disturbed"), where(section))


def where(section: dict[str, Any]) -> str:
    """Day and machine."""
    machine = section["machine"]
    gpu = f"{machine['gpu']}, " if machine["gpu"] else ""
    return f"{section['when']}, {gpu}{machine['cpu']}, {machine['cores']} cores, {machine['system']}."
