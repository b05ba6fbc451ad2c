"""The process of a student's file: it does what the grader asks and says what came out.

`python -m nnlabs.exercises.worker DESCRIPTOR FOLDER HIDDEN...` shuts itself in (`sandbox`) before it runs any of the
student's code. It knows neither what is expected nor where results are written.
"""

import importlib
import socket
import sys
import traceback
import types
import warnings
from typing import Any

import numpy as np

from nnlabs.exercises import wire
from nnlabs.scratch.arrays import Array

LONGEST = 300
"""Characters of an error's words."""


class Worker:
    """Keeps what cannot travel (modules, functions, objects) and answers requests about it."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.kept: list[Any] = []
        self.file = ""

    def serve(self) -> None:
        """Answer until the grader is gone."""
        while True:
            try:
                tree, arrays = wire.receive(self.connection)
            except (EOFError, OSError):
                return
            before = [each.copy() for each in arrays]
            try:
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    value = self._answer(wire.decode(tree, arrays, self._found))
                changed = [[i, each] for i, each in enumerate(arrays) if each.tobytes() != before[i].tobytes()]
                self._reply(["ok", value, changed])
            except BaseException as error:  # whatever a student's code raises, SystemExit too, is an answer
                self._reply(["error", type(error).__name__, str(error)[:LONGEST], self._line(error)])

    def _answer(self, request: Any) -> Any:
        match request:
            case ["load", str(name), str(source)]:
                return self._loaded(name, source)
            case ["library", str(name)]:
                return importlib.import_module(name)
            case ["get", kept, str(name)]:
                return getattr(kept, name)
            case ["set", kept, str(name), value]:
                setattr(kept, name, value)
                return None
            case ["call", kept, args, kwargs, strict]:
                with np.errstate(over="raise" if strict else "ignore"):
                    return kept(*args, **kwargs)
        raise wire.WireError("a request that is none")

    def _loaded(self, name: str, source: str) -> types.ModuleType:
        """Run a student's file as a module."""
        self.file = f"{name}.py"
        module = types.ModuleType(f"submission_{name}")
        module.__file__ = self.file
        sys.modules[module.__name__] = module  # where dataclasses look for it
        exec(compile(source, self.file, "exec"), module.__dict__)
        return module

    def _reply(self, reply: list[Any]) -> None:
        arrays: list[Array] = []
        try:
            tree = wire.encode(reply, self._refer, arrays)
            wire.send(self.connection, tree, arrays)
        except (wire.WireError, RecursionError, ValueError) as error:
            wire.send(self.connection, ["list", "error", type(error).__name__, str(error)[:LONGEST], 0], [])

    def _refer(self, value: Any) -> list[Any]:
        self.kept.append(value)
        return ["object", len(self.kept) - 1, type(value).__name__]

    def _found(self, tree: list[Any]) -> Any:
        match tree:
            case ["object", int(place)]:
                return self.kept[place]
            case ["rng", dict(state)]:
                rng = np.random.default_rng()
                rng.bit_generator.state = state
                return rng
        raise wire.WireError("a request that is none")

    def _line(self, error: BaseException) -> int:
        """The last line of the student's file that the error passed through; 0 where there is none."""
        if isinstance(error, SyntaxError) and error.filename == self.file:
            return error.lineno or 0
        lines = [each.lineno or 0 for each in traceback.extract_tb(error.__traceback__) if each.filename == self.file]
        return lines[-1] if lines else 0


def main() -> None:
    from nnlabs.exercises import sandbox

    descriptor, folder, *hidden = sys.argv[1:]
    with socket.socket(fileno=int(descriptor)) as connection:
        held = sandbox.enter(folder, hidden)
        wire.send(connection, ["list", *held], [])
        Worker(connection).serve()


if __name__ == "__main__":
    main()
