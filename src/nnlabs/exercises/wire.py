"""Messages between the grader and the process of a student's file: JSON and the bytes of arrays, never pickle.

A message is the two lengths, a header and a body. The header holds a tree of values and the arrays' types and shapes;
the body holds the arrays one after the other. Whatever else arrives is a `WireError`.
"""

import json
import math
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from nnlabs.scratch.arrays import Array

HEADER, BODY = 4 << 20, 64 << 20
"""Bytes that a message's parts may have."""
LENGTHS = struct.Struct(">QQ")
KINDS = "biufU"
"""Arrays of truth values, whole numbers, floating-point numbers and fixed text; none of objects."""


class WireError(Exception):
    """A message that is none, or a value that no message can hold."""


def encode(value: Any, refer: Callable[[Any], list[Any]], arrays: list[Array]) -> Any:
    """The tree of a value; its arrays go to the list. What is no plain value is left to `refer`."""
    match value:
        case None | bool() | str():
            return value
        case int() | float() if type(value) in (int, float):
            return value
        case list() | tuple():
            kind = "list" if isinstance(value, list) else "tuple"
            return [kind, *(encode(each, refer, arrays) for each in value)]
        case dict() if all(isinstance(key, str | int) for key in value):
            return ["dict", *([key, encode(each, refer, arrays)] for key, each in value.items())]
        case np.ndarray() | np.generic() if value.dtype.kind in KINDS:
            arrays.append(np.asarray(value))
            return ["array" if isinstance(value, np.ndarray) else "scalar", len(arrays) - 1]
    return refer(value)


def decode(tree: Any, arrays: list[Array], found: Callable[[list[Any]], Any]) -> Any:
    """The value of a tree; what is no plain value is looked up by `found`."""
    match tree:
        case None | bool() | str() | int() | float():
            return tree
        case ["list", *items]:
            return [decode(each, arrays, found) for each in items]
        case ["tuple", *items]:
            return tuple(decode(each, arrays, found) for each in items)
        case ["dict", *items] if all(isinstance(each, list) and len(each) == 2 for each in items):
            return {key: decode(each, arrays, found) for key, each in items if isinstance(key, str | int)}
        case ["array" | "scalar" as kind, int(place)] if 0 <= place < len(arrays):
            return arrays[place] if kind == "array" else arrays[place][()]
        case [str(), *_]:
            return found(tree)
    raise WireError("a message that is none")


def send(connection: socket.socket, tree: Any, arrays: list[Array]) -> None:
    described = [[each.dtype.str, list(each.shape)] for each in arrays]
    header = json.dumps([tree, described]).encode()
    body = b"".join(each.tobytes() for each in arrays)
    if len(header) > HEADER or len(body) > BODY:
        raise WireError(f"a value of {(len(header) + len(body)) / 1e6:.0f} MB, which is too large")
    connection.sendall(LENGTHS.pack(len(header), len(body)) + header + body)


def receive(connection: socket.socket, until: float = math.inf) -> tuple[Any, list[Array]]:
    """A message's tree and its arrays, which may be written to; waited for until then, by `time.monotonic`.

    Raises
    ------
    EOFError
        Where the other side is gone.
    TimeoutError
        Where the whole message has not come in time.
    WireError
        Where what came is no message.
    """
    header_size, body_size = LENGTHS.unpack(_exactly(connection, LENGTHS.size, until))
    if header_size > HEADER or body_size > BODY:
        raise WireError("a message that is too large")
    header, body = _exactly(connection, header_size, until), _exactly(connection, body_size, until)
    try:
        tree, described = json.loads(header)
        arrays, start = [], 0
        for code, sizes in described:
            kind, shape = np.dtype(str(code)), tuple(int(each) for each in sizes)
            size = kind.itemsize * math.prod(shape)
            if kind.kind not in KINDS or min(shape, default=0) < 0 or start + size > len(body):
                raise WireError("a message that is none")
            arrays.append(np.frombuffer(body, kind, math.prod(shape), start).reshape(shape).copy())
            start += size
    except (ValueError, TypeError, RecursionError, SyntaxError) as error:
        raise WireError("a message that is none") from error
    return tree, arrays


def limit(connection: socket.socket, until: float) -> None:
    """Let the next call wait until then and no longer."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection.settimeout(None if left == math.inf else left)


def _exactly(connection: socket.socket, size: int, until: float) -> bytes:
    pieces = bytearray()
    while len(pieces) < size:
        limit(connection, until)
        piece = connection.recv(min(size - len(pieces), 1 << 20))
        if not piece:
            raise EOFError
        pieces += piece
    return bytes(pieces)
