"""Where stages run. An executor starts a stage's command, says which have ended, and is closed."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Command:
    """A stage's command as DVC would run it."""

    stage: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Ended:
    stage: str
    status: int


class Executor(Protocol):
    def start(self, command: Command) -> None:
        """Start the command and return at once."""

    def wait(self) -> Ended:
        """Wait until one of those that were started has ended."""

    def close(self) -> None:
        """End what still runs."""
