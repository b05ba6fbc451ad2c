"""A machine as it is seen from the checkout, however it is reached."""

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from nnlabs.pipeline.executors import Command

SLOW, SHORT = 3.0, 60.0
"""A stage is slow that takes so many times its recorded seconds, and more than so many."""


class LostError(Exception):
    """The machine is gone or does not answer; says which of them."""


class Link(Protocol):
    """Calls the methods of a `worker.Worker` that is elsewhere."""

    name: str
    threads: int
    gpus: list[str]
    """Names of its cards."""
    takes_cards: tuple[str, ...]
    """What params.yaml says of stages that get cards: with `auto` those that are there."""
    many: bool
    """Whether it stands for several machines, of which one that is lost is not all."""

    def call(self, method: str, *given: Any) -> Any:
        """What the method returns, or raises.

        Raises
        ------
        LostError
            Where nobody answers.
        """

    def close(self) -> None:
        """End the worker and what it runs."""


class Links(Protocol):
    def look(self) -> Iterable[Link]:
        """The machines that can be reached since the last look."""

    def awaited(self) -> bool:
        """Whether machines are there that have not answered yet."""

    def close(self) -> None:
        """Leave the cluster."""


@dataclass
class Machine:
    """What runs where."""

    link: Link
    cpu: str
    running: dict[str, Command] = field(default_factory=dict)
    cards: dict[str, list[int]] = field(default_factory=dict)
    """Of the stages that run, the cards that each has."""
    since: dict[str, float] = field(default_factory=dict)
    """Of the stages that run, when they began."""
    sending: threading.Lock = field(default_factory=threading.Lock)
    """Held by the stage that sends: what several lack is sent once."""
    slow: set[str] = field(default_factory=set)
    """Stages of which it was said that they take long here."""

    @property
    def name(self) -> str:
        return self.link.name

    @property
    def kind(self) -> str:
        """Machines of one kind compute the same bytes."""
        return ", ".join([self.cpu, *sorted({*self.link.gpus})])

    @property
    def free(self) -> int:
        return self.link.threads - sum(command.threads for command in self.running.values())

    def has_room(self, command: Command) -> bool:
        """A machine with nothing to do takes what needs more threads than it has."""
        fits = command.threads <= self.free or not self.running
        return fits and len(self.free_cards()) >= self.cards_for(command) and self.serves(command)

    def serves(self, command: Command) -> bool:
        return command.device != "cuda" or len(self.link.gpus) >= command.processes

    def cards_for(self, command: Command) -> int:
        """Every process of a stage that may compute on a card has one to itself."""
        return min(command.processes, len(self.link.gpus)) if command.device in self.link.takes_cards else 0

    def free_cards(self) -> list[int]:
        taken = {card for cards in self.cards.values() for card in cards}
        return [card for card in range(len(self.link.gpus)) if card not in taken]

    def begin(self, command: Command) -> None:
        self.cards[command.stage] = self.free_cards()[: self.cards_for(command)]
        self.running[command.stage] = command
        self.since[command.stage] = time.monotonic()

    def slower(self) -> Iterator[str]:
        """In words, what takes much longer than its record says; once each."""
        for stage, command in self.running.items():
            took = time.monotonic() - self.since[stage]
            if stage not in self.slow and took > max(SLOW * command.seconds, SHORT):
                self.slow.add(stage)
                yield f"{stage} has taken {took:.0f} s on {self.name}; its last record says {command.seconds:.0f}"

    def end(self, stage: str) -> None:
        del self.running[stage], self.cards[stage], self.since[stage]
