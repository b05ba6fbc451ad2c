"""Arrays on the disk, a row an image, written and read piece by piece: memory does not grow with the set."""

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

PIECE = 16 << 20
"""Bytes that are in memory at a time."""


class Rows(Protocol):
    """Images by index, in memory or not: N x C x H x W, uint8."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, indices: NDArray[np.int64], /) -> NDArray[np.uint8]: ...


class Taken:
    """Some rows of others, in the order of their indices."""

    def __init__(self, rows: Rows, indices: NDArray[np.int64]) -> None:
        self.rows, self.indices = rows, indices
        self.shape = (len(indices), *rows.shape[1:])

    def __getitem__(self, indices: NDArray[np.int64]) -> NDArray[np.uint8]:
        return self.rows[self.indices[indices]]


class Scratch:
    """Images in a file, each row written by whichever process has it.

    Plain reads and writes, since what is touched of a mapped file counts as the process's memory.
    """

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        self.path, self.shape = path, shape
        self.bytes = int(np.prod(shape[1:]))
        self.file = os.open(path, os.O_RDWR | os.O_CREAT)

    def write(self, index: int, image: NDArray[np.uint8]) -> None:
        if os.pwrite(self.file, image.tobytes(), index * self.bytes) < self.bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def __getitem__(self, indices: NDArray[np.int64]) -> NDArray[np.uint8]:
        rows = [np.frombuffer(os.pread(self.file, self.bytes, i * self.bytes), np.uint8) for i in indices.tolist()]
        return np.stack(rows).reshape(-1, *self.shape[1:]) if rows else np.empty((0, *self.shape[1:]), np.uint8)

    def close(self) -> None:
        os.close(self.file)


def save(path: Path, rows: Rows, indices: NDArray[np.int64]) -> tuple[str, NDArray[np.int64]]:
    """Write the chosen rows as np.save would.

    Returns the sha256 of the array's bytes, and how often each value 0 to 255 occurs in each channel (C x 256).
    """
    shape = (len(indices), *rows.shape[1:])
    digest, counts = hashlib.sha256(), np.zeros((shape[1], 256), np.int64)
    with path.open("wb") as file:
        header = {"descr": np.lib.format.dtype_to_descr(np.dtype(np.uint8)), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for piece in _pieces(indices, int(np.prod(shape[1:]))):
            images = np.ascontiguousarray(rows[piece])
            file.write(images.data)
            digest.update(images.data)
            for channel in range(shape[1]):
                counts[channel] += np.bincount(images[:, channel].ravel(), minlength=256)
    return digest.hexdigest(), counts


def _pieces(indices: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    step = max(1, PIECE // size)
    for start in range(0, len(indices), step):
        yield indices[start : start + step]


def statistics(counts: NDArray[np.int64]) -> tuple[list[float], list[float]]:
    """Mean and deviation of each channel, pixels scaled to 0..1; exact, since bytes can be counted."""
    values = np.arange(256) / 255
    mean, deviation = [], []
    for channel in counts:
        average = float(channel @ values / channel.sum())
        mean.append(average)
        deviation.append(float(np.sqrt(channel @ (values - average) ** 2 / channel.sum())))
    return mean, deviation
