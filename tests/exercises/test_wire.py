"""Messages: what was sent arrives, and what is no message is refused."""

import json
import socket
import threading
from typing import Any

import numpy as np
import pytest

from nnlabs.exercises import wire
from nnlabs.exercises.session import EndedError, Remote, Session, StudentError


def refuse(value: Any) -> list[Any]:
    raise wire.WireError(type(value).__name__)


def through(value: Any) -> Any:
    """A value, sent and received."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        arrays: list[Any] = []
        wire.send(ours, wire.encode(value, refuse, arrays), arrays)
        tree, received = wire.receive(theirs)
        return wire.decode(tree, received, refuse)


@pytest.mark.parametrize("value", [None, True, 3, -0.5, "text", [1, [2.0]], (1, "a"), {"a": [None]}, {1: (2,)}, [], {}])
def test_plain_values_arrive(value: Any) -> None:
    assert through(value) == value and type(through(value)) is type(value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.zeros((0, 2), np.float32),
        np.array(True),
        np.array([1], np.uint8),
        np.array("a"),
    ],
)
def test_arrays_arrive(array: Any) -> None:
    got = through({"x": array})["x"]
    assert got.dtype == array.dtype and got.shape == array.shape and (got == array).all() and got.flags.writeable


def test_numbers_of_numpy_stay_what_they_are() -> None:
    assert type(through(np.float32(2))) is np.float32 and type(through(np.float64(2))) is np.float64


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array([None]), np.array([1j]), {(1, 2): 3}])
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(wire.WireError):
        through(value)


HEADERS = [
    b"not json",
    b"[1]",
    b'[1, [["<f8", [1000000]]]]',
    b'[1, [["|O", [1]]]]',
    b'[1, [["<f8", [-1]]]]',
    b'[1, [["no type", [1]]]]',
    b"[" * 100_000,
]


@pytest.mark.parametrize("header", HEADERS, ids=range(len(HEADERS)))
def test_what_is_no_message_is_an_error_of_its_own(header: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(wire.LENGTHS.pack(len(header), 8) + header + bytes(8))
        with pytest.raises(wire.WireError):
            wire.receive(theirs)


def test_a_message_too_large_is_not_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(wire.LENGTHS.pack(10, wire.BODY + 1))
        with pytest.raises(wire.WireError):
            wire.receive(theirs)


def answered(reply: Any) -> Session:
    """A session whose other side answers so, whatever it is asked."""
    ours, theirs = socket.socketpair()

    def answer() -> None:
        with theirs:
            wire.receive(theirs)
            header = json.dumps([reply, []]).encode()
            theirs.sendall(wire.LENGTHS.pack(len(header), 0) + header)

    threading.Thread(target=answer, daemon=True).start()
    return Session(ours)


@pytest.mark.parametrize(
    "reply",
    [
        None,
        ["list", "ok"],
        ["list", "ok", ["array", 3], ["list"]],
        ["list", "ok", ["object", "x", "y"], ["list"]],
        ["list", "ok", 1, ["list", ["list", 0, ["array", 9]]]],
        ["list", "error", 1, 2, 3],
    ],
)
def test_a_made_up_answer_ends_the_session(reply: Any) -> None:
    session = answered(reply)
    with session.connection, pytest.raises(EndedError, match="did not answer"):
        session.ask("get", Remote(session, 0, "module"), "x")


def test_an_error_arrives_with_its_line() -> None:
    session = answered(["list", "error", "ValueError", "two\nlines", 7])
    with session.connection, pytest.raises(StudentError, match="ValueError: two lines") as caught:
        session.ask("library", "x")
    assert caught.value.line == 7
