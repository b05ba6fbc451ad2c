"""Bytes and numbers as text within a page: `core/packed.js` reads them."""

import base64
import zlib

import numpy as np
from numpy.typing import NDArray

AS_SCRIPT = str.maketrans("<&", ",.")
"""The two letters of base 85 that mean something in HTML, and what stands for them."""


def text(content: bytes) -> str:
    """Five letters for four bytes."""
    return base64.b85encode(content).decode("ascii").translate(AS_SCRIPT)


def halves(numbers: NDArray[np.floating]) -> bytes:
    """As float16, the high bytes first, which zlib makes smaller, then the low ones.

    Values beyond float16's range would be infinite.
    """
    pairs = numbers.astype("<f2").ravel().view(np.uint8).reshape(-1, 2)
    return pairs[:, 1].tobytes() + pairs[:, 0].tobytes()


def deflated(content: bytes) -> str:
    return text(zlib.compress(content, 9))
