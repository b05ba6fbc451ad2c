"""Prepared datasets as the rest of the project reads them: mapped arrays and what is known of them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.core import paths
from nnlabs.core.errors import UserError

PARTS = ("train", "validation", "test")
TEST_IMAGES = "test_originals.npy"
"""The test images themselves, where `test_images.npy` holds their activations."""


@dataclass(frozen=True)
class Part:
    """One split: images N x C x H x W, uint8; labels N, int64. Mapped, not read, until used.

    In a dataset of features, `images` are activations, float16; a training part made with `flip`
    has them of both views, N x 2 x C x H x W, as the image is and mirrored.
    """

    images: NDArray[np.uint8 | np.float16]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Dataset:
    meta: dict[str, Any]
    train: Part
    validation: Part
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
    def std(self) -> list[float]:
        return list(self.meta["std"])

    @property
    def shown(self) -> NDArray[np.uint8]:
        """The test images for people to look at: of features, those that the activations were computed from."""
        if self.meta.get("features", {}).get("frozen"):
            return _array(paths.dataset(self.meta["dataset"]) / TEST_IMAGES)
        return self.test.images  # type: ignore[return-value]


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
        return Dataset(meta, *(_part(name, part) for part in PARTS))
    except (OSError, ValueError, EOFError) as error:
        raise UserError(
            f"{folder} cannot be read ({error}); `dvc repro data@{name}`, or features@{name}, makes it"
        ) from None


def _part(name: str, part: str) -> Part:
    folder = paths.dataset(name)
    return Part(_array(folder / f"{part}_images.npy"), _array(folder / f"{part}_labels.npy"))


def _array(path: Path) -> NDArray[Any]:
    # "c", copy on write: pages are shared between processes, and torch takes the array without
    # warning of a read-only one.
    array: NDArray[Any] = np.load(path, mmap_mode="c")
    return array
