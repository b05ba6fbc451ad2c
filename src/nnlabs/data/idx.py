"""The IDX format of MNIST: a magic number, sizes, then bytes (big-endian 32-bit numbers)."""

import struct

import numpy as np
from numpy.typing import NDArray

from nnlabs.core.errors import UserError

UNSIGNED_BYTE = 8


def decode(content: bytes, what: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """An array from IDX bytes, which must have exactly the given shape.

    Raises
    ------
    UserError
        Where the magic number, the sizes or the length are others.
    """
    header = struct.calcsize(f">{1 + len(shape)}I")
    if len(content) < header:
        raise UserError(f"{what}: {len(content)} bytes found; an IDX header alone has {header}")
    magic, *sizes = struct.unpack_from(f">{1 + len(shape)}I", content)
    expected = UNSIGNED_BYTE << 8 | len(shape)
    if magic != expected:
        raise UserError(f"{what}: magic number {magic:#010x} found; IDX of {len(shape)} sizes has {expected:#010x}")
    if tuple(sizes) != shape:
        raise UserError(f"{what}: sizes {tuple(sizes)} found; {shape} are needed")
    if len(content) - header != np.prod(shape):
        raise UserError(f"{what}: {len(content) - header} bytes of data found; {np.prod(shape)} are needed")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def encode(array: NDArray[np.uint8]) -> bytes:
    """The IDX bytes of an array: the inverse of `decode`."""
    return struct.pack(f">{1 + array.ndim}I", UNSIGNED_BYTE << 8 | array.ndim, *array.shape) + array.tobytes()
