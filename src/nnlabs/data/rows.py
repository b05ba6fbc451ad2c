"""Images a row each, in memory or on the disk, taken piece by piece: memory does not grow with the set."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nnlabs.core import paths

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


def pixels(name: str) -> Path:
    """Where the images of a dataset lie on the disk while it is made."""
    return paths.dataset(name).with_name(f".{name}.pixels")


def pieces(rows: Rows, indices: NDArray[np.int64]) -> Iterator[NDArray[np.uint8]]:
    """The chosen rows in their order, PIECE bytes at a time."""
    step = max(1, PIECE // int(np.prod(rows.shape[1:])))
    for start in range(0, len(indices), step):
        yield rows[indices[start : start + step]]


def shuffled(batches: Iterator[NDArray[np.uint8]], seed: int) -> Iterator[NDArray[np.uint8]]:
    """The same batches, N x C x H x W, the pixels of every image in one other order; a pixel keeps its colour."""
    for images in batches:
        flat = images.reshape(*images.shape[:2], -1)
        order = np.random.default_rng(seed).permutation(flat.shape[2])
        yield flat[:, :, order].reshape(images.shape)


class Counts:
    """How often each value 0 to 255 occurs in each channel of images."""

    def __init__(self, channels: int) -> None:
        self.counts = np.zeros((channels, 256), np.int64)

    def counted(self, batches: Iterator[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
        """The same batches, N x C x H x W, counted on their way."""
        for images in batches:
            for channel, count in enumerate(self.counts):
                count += np.bincount(images[:, channel].ravel(), minlength=256)
            yield images

    def statistics(self) -> tuple[list[float], list[float]]:
        """Mean and standard deviation of each channel, pixels scaled to 0..1; exact, since bytes can be counted."""
        values = np.arange(256) / 255
        mean, std = [], []
        for channel in self.counts:
            average = float(channel @ values / channel.sum())
            mean.append(average)
            std.append(float(np.sqrt(channel @ (values - average) ** 2 / channel.sum())))
        return mean, std
