"""Where stages run. An executor starts a stage's command where there is room, says which have ended, and is closed."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Command:
    """What DVC would run for a stage: a line for the shell, in the checkout's root."""

    stage: str
    line: str
    reads: tuple[str, ...] = ()
    """Files and folders, as dvc.yaml has them."""
    makes: tuple[str, ...] = ()
    threads: int = 1
    seconds: float = 0.0
    """That it took when it was last recorded, about; 0 where it never was."""
    device: str = "cpu"
    """What params.yaml says: `cpu`, `cuda`, or `auto` where it takes what is there."""
    processes: int = 1
    """Of `torchrun`, which share the threads; on cards each has one."""
    lab: str | None = None
    """Whose variants are compared, and so trained and tested on machines of one kind."""
    cpu: str | None = None
    """What the variants of that lab were trained on which need not run; None: there is none, or they differ."""


@dataclass(frozen=True)
class Ended:
    stage: str
    status: int


class Executor(Protocol):
    def has_room(self, command: Command) -> bool:
        """Whether the command can begin now, beside those that run; alone, every one can."""

    def start(self, command: Command) -> None:
        """Start the command and return at once."""

    def wait(self) -> Ended | None:
        """Wait until one of those that were started has ended; None: there may be more room than before."""

    def close(self) -> None:
        """End what still runs."""
