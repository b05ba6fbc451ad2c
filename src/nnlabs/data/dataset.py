"""Prepared datasets as the rest of the project reads them: mapped arrays and what is known of them."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs import paths
from nnlabs.errors import UserError


@dataclass(frozen=True)
class Part:
    """One split: images N x C x H x W, uint8; labels N, int64. Mapped, not read, until used."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Dataset:
    meta: dict[str, Any]
    train: Part
    val: Part
    test: Part

    @property
    def classes(self) -> list[str]:
        """Class names in the order of the labels."""
        return list(self.meta["classes"])

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width of an image."""
        channels, height, width = self.meta["shape"]
        return channels, height, width

    @property
    def mean(self) -> list[float]:
        """Mean of each channel over the training part, pixels scaled to 0..1."""
        return list(self.meta["mean"])

    @property
    def deviation(self) -> list[float]:
        return list(self.meta["deviation"])


def load(name: str) -> Dataset:
    """Open a prepared dataset.

    Raises
    ------
    UserError
        Where it is missing or incomplete, naming the stage that makes it.
    """
    folder = paths.dataset(name)
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        return Dataset(meta, *(_part(name, part) for part in ("train", "val", "test")))
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{folder} cannot be read ({error}); `dvc repro data@{name}` makes it") from None


def _part(name: str, part: str) -> Part:
    # "c", copy on write: pages are shared between processes, and torch takes the array without
    # warning of a read-only one.
    folder = paths.dataset(name)
    return Part(*(np.load(folder / f"{part}_{kind}.npy", mmap_mode="c") for kind in ("images", "labels")))
