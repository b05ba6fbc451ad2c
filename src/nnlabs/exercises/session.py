"""A conversation with the process of a student's file, and what in it looks like the student's own objects."""

import math
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from nnlabs.core.errors import shortened
from nnlabs.exercises import wire
from nnlabs.scratch.arrays import Array


class StudentError(Exception):
    """The student's code raised something: its class, its words, and the line of the file (0: none)."""

    def __init__(self, kind: str, words: str, line: int) -> None:
        super().__init__(f"{kind}: {words}" if words else kind)
        self.kind, self.words, self.line = kind, words, line


class EndedError(Exception):
    """The process of the student's file is gone, gave no answer in time, or did not keep to the messages."""


class Remote:
    """Something that stays in the other process: attributes are fetched and set there, calls are made there.

    Arrays that a call changes in place are changed here too.
    """

    def __init__(self, session: "Session", place: int, kind: str) -> None:
        self.__dict__.update(_session=session, _place=place, _kind=kind)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._session.ask("get", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._session.ask("set", self, name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._session.ask("call", self, args, kwargs, self._session.raises_overflow)

    def __repr__(self) -> str:
        return f"an object of the class {self._kind}"


class Session:
    """Requests and answers, one after the other."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.raises_overflow = False
        self.left = math.inf
        """Seconds that answers may still take."""

    def load(self, name: str, source: str) -> Any:
        """The student's file, run as a module."""
        return self.ask("load", name, source)

    @contextmanager
    def overflow_raised(self) -> Iterator[None]:
        """Numbers beyond the largest float are an error in the other process, not infinity."""
        self.raises_overflow = True
        try:
            yield
        finally:
            self.raises_overflow = False

    def ask(self, *request: Any) -> Any:
        """Raises StudentError for what the student's code raised, EndedError where nothing sensible came."""
        arrays: list[Array] = []
        tree = wire.encode(list(request), self._refer, arrays)
        answer, answered = self._exchanged(tree, arrays)
        match answer:
            case ["list", "ok", value, ["list", *changed]]:
                try:
                    self._take_over(changed, arrays, answered)
                    return wire.decode(value, answered, self._found)
                except (wire.WireError, RecursionError, TypeError, ValueError, IndexError) as error:
                    raise EndedError("it did not answer as the grader asked") from error
            case ["list", "error", str(kind), str(words), int(line)]:
                raise StudentError(shortened(kind), shortened(words), line)
        raise EndedError("it did not answer as the grader asked")

    def _exchanged(self, tree: Any, arrays: list[Array]) -> tuple[Any, list[Array]]:
        start = time.monotonic()
        until = start + self.left
        try:
            wire.limit(self.connection, until)
            wire.send(self.connection, tree, arrays)
            return wire.receive(self.connection, until)
        except TimeoutError:
            raise EndedError("no answer within the time that a part has") from None
        except (EOFError, OSError):
            raise EndedError("its process ended") from None
        except wire.WireError as error:
            raise EndedError("it did not answer as the grader asked") from error
        finally:
            self.left -= time.monotonic() - start

    @staticmethod
    def _take_over(changed: list[Any], sent: list[Array], answered: list[Array]) -> None:
        for each in changed:
            match each:
                case ["list", int(place), ["array", int(found)]]:
                    if sent[place].shape != answered[found].shape or not sent[place].flags.writeable:
                        raise wire.WireError("an array that changed its shape")
                    sent[place][...] = answered[found]

    def _refer(self, value: Any) -> list[Any]:
        if isinstance(value, Remote):
            return ["object", value._place]
        if isinstance(value, np.random.Generator):
            return ["rng", value.bit_generator.state]
        raise TypeError(f"{type(value).__name__} cannot be sent")

    def _found(self, tree: list[Any]) -> Any:
        match tree:
            case ["object", int(place), str(kind)]:
                return Remote(self, place, shortened(kind))
        raise wire.WireError("an answer that is none")
