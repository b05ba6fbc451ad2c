"""Prepared images: the form of `data/<name>`, written and read here alone.

`{train,validation,test}_images.npy` and `..._labels.npy`, and `meta.json`. Features of images have the same form, with
activations in place of images, and `test_originals.npy`.
"""

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.core import npy, paths, runtime
from nnlabs.core.files import replaced
from nnlabs.data import meta as known

PARTS = ("train", "validation", "test")
TEST_ORIGINALS = "test_originals"
"""What holds the test images, where `test_images.npy` holds their activations."""


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
        """Standard deviation of each channel, likewise."""
        return list(self.meta["std"])

    @property
    def originals(self) -> NDArray[np.uint8]:
        """The test images for people to look at: of features, those that the activations were computed from."""
        if not self.meta.get("features", {}).get("frozen"):
            return self.test.images  # type: ignore[return-value]
        name = self.meta["dataset"]
        try:
            images = _array(paths.dataset(name) / f"{TEST_ORIGINALS}.npy")
            if not runtime.by_dvc():
                known.check(self.meta, TEST_ORIGINALS, images)
        except (OSError, ValueError) as error:
            raise known.unreadable(name, error) from None
        return images


def load(name: str) -> Dataset:
    """Open a prepared dataset.

    Its bytes are compared with what was written, unless DVC has just done so: that takes as long as reading them.

    Raises
    ------
    UserError
        Where it is missing, incomplete or has changed, naming the stage that makes it.
    """
    meta, folder = known.read(name), paths.dataset(name)
    try:
        data = Dataset(meta, *(_part(folder, part) for part in PARTS))
        if not runtime.by_dvc():
            for part in PARTS:
                known.check(meta, f"{part}_images", getattr(data, part).images)
                known.check(meta, f"{part}_labels", getattr(data, part).labels)
        return data
    except (OSError, ValueError) as error:
        raise known.unreadable(name, error) from None


def _part(folder: Path, part: str) -> Part:
    found = Part(_array(folder / _images(part)), _array(folder / _labels(part)))
    if len(found.images) != len(found.labels):
        raise ValueError(f"{len(found.images)} {part} images and {len(found.labels)} labels")
    return found


def _images(part: str) -> str:
    return f"{part}_images.npy"


def _labels(part: str) -> str:
    return f"{part}_labels.npy"


def _array(path: Path) -> NDArray[Any]:
    # "c", copy on write: pages are shared between processes, and torch takes the array without
    # warning of a read-only one.
    return npy.mapped(path, "c")


@dataclass
class Writer:
    """A dataset that is being written, part by part."""

    folder: Path
    content: dict[str, str] = field(default_factory=dict)
    """sha256 of each array's bytes, by `<part>_images` and `<part>_labels`."""

    def images(
        self, part: str, batches: Iterable[NDArray[Any]], n: int, shape: tuple[int, ...], dtype: type[np.generic]
    ) -> None:
        """Write n images or activations of this shape, a batch at a time: memory does not grow with the set."""
        digest, written = hashlib.sha256(), 0
        with (self.folder / _images(part)).open("wb") as file:
            descr = np.lib.format.dtype_to_descr(np.dtype(dtype))
            header = {"descr": descr, "fortran_order": False, "shape": (n, *shape)}
            np.lib.format.write_array_header_1_0(file, header)
            for batch in batches:
                if batch.dtype != dtype or batch.shape[1:] != shape:
                    raise ValueError(f"{part}: {batch.dtype} {batch.shape} among {np.dtype(dtype)} of {shape}")
                whole = np.ascontiguousarray(batch)
                file.write(whole.data)
                digest.update(whole.data)
                written += len(whole)
        if written != n:
            raise ValueError(f"{part}: {written} images came, {n} were announced")
        self.content[f"{part}_images"] = digest.hexdigest()

    def labels(self, part: str, labels: NDArray[np.int64]) -> None:
        np.save(self.folder / _labels(part), labels)
        self.content[f"{part}_labels"] = hashlib.sha256(np.ascontiguousarray(labels).data).hexdigest()

    def originals(self, images: NDArray[np.uint8]) -> None:
        """Keep the test images beside their activations, for people to look at."""
        np.save(self.folder / f"{TEST_ORIGINALS}.npy", images)
        self.content[TEST_ORIGINALS] = hashlib.sha256(np.ascontiguousarray(images).data).hexdigest()

    def copy(self, source: Dataset) -> None:
        """All parts of another dataset as they are."""
        for part in PARTS:
            for file in (_images(part), _labels(part)):
                shutil.copyfile(paths.dataset(source.meta["dataset"]) / file, self.folder / file)
                self.content[file.removesuffix(".npy")] = source.meta["content"][file.removesuffix(".npy")]

    def meta(self, meta: dict[str, Any]) -> None:
        """Write what is known of the dataset, and the hashes of what was written so far."""
        known.write(self.folder, meta | {"content": self.content})


@contextmanager
def writing(name: str) -> Iterator[Writer]:
    """Write `data/<name>` anew; it is there, and whole, once the block has ended well."""
    with replaced(paths.dataset(name)) as folder:
        yield Writer(folder)
