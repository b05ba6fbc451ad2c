"""What disks, networks and people do to files: bits turn, blocks vanish, repeat or are of something else.

A damage takes the bytes that a file has and gives those that it has afterwards; what it does follows from the generator
that it is given, so a seed tells a whole series again.
"""

import random
from collections.abc import Callable

MOST = 64
"""Bytes that one damage changes, doubles or puts in: the more change at once, the sooner any reader notices."""


def flip(data: bytes, rng: random.Random) -> bytes:
    """Turn one to eight bits, anywhere."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(data: bytes, rng: random.Random) -> bytes:
    """Keep a beginning alone, as a full disk or a broken connection does; maybe nothing at all."""
    return data[: rng.randrange(len(data))]


def zero(data: bytes, rng: random.Random) -> bytes:
    """Set a piece to zero, as a file system does with blocks that were never written."""
    start, n = _piece(data, rng)
    return data[:start] + bytes(len(data[start : start + n])) + data[start + n :]


def duplicate(data: bytes, rng: random.Random) -> bytes:
    """Repeat a piece right after itself."""
    start, n = _piece(data, rng)
    return data[: start + n] + data[start:]


def insert(data: bytes, rng: random.Random) -> bytes:
    """Put foreign bytes in between."""
    start, n = _piece(data, rng)
    return data[:start] + rng.randbytes(n) + data[start:]


def remove(data: bytes, rng: random.Random) -> bytes:
    """Take a piece out of the middle."""
    start, n = _piece(data, rng)
    return data[:start] + data[start + n :]


KINDS: tuple[Callable[[bytes, random.Random], bytes], ...] = (flip, cut, zero, duplicate, insert, remove)


def damaged(data: bytes, rng: random.Random) -> bytes:
    """The bytes after one damage of KINDS, never as they were; of an empty file, a byte that it did not have."""
    changed = data
    while changed == data:  # zeros that are set to zero, say, are no damage
        changed = rng.choice(KINDS)(data, rng) if data else rng.randbytes(1)
    return changed


def _piece(data: bytes, rng: random.Random) -> tuple[int, int]:
    """Where a piece begins and how long it is; it may reach beyond the end."""
    return rng.randrange(len(data)), rng.randint(1, MOST)
