"""Made images of every kind, and folders of them in the official layouts."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making import in_place_of
from PIL import Image

from nnlabs.data import matlab
from nnlabs.data.catalogue import origins
from nnlabs.data.catalogue.kinds import ImageFolder


def scene(width: int = 48, height: int = 32, seed: int = 0) -> Image.Image:
    """Four quarters of different colours with soft noise: no turn or mirror image of it is itself."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 24, (height, width, 3))
    pixels[: height // 2, : width // 2] += (180, 20, 20)
    pixels[: height // 2, width // 2 :] += (20, 160, 30)
    pixels[height // 2 :, : width // 2] += (30, 30, 200)
    pixels[height // 2 :, width // 2 :] += (190, 180, 40)
    return Image.fromarray(pixels.astype(np.uint8))


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def class_folders(folder: Path, parts: dict[str, int], classes: tuple[str, ...]) -> Path:
    """So many images a class in each part's folder, all different."""
    seed = 0
    for part, n in parts.items():
        for name in classes:
            for i in range(n):
                seed += 1
                write(folder / part / name / f"{i:02}.jpg", encoded(scene(seed=seed), "JPEG", quality=95))
    return folder


def stanford_cars(folder: Path, classes: tuple[str, ...], train: int, test: int) -> Path:
    """Images with annotations of Stanford Cars' form: MATLAB's counts from 1, boxes with both ends inside."""
    from scipy.io import savemat

    types = [(key, object) for key in ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2", "class", "fname")]
    (folder / "devkit").mkdir(parents=True)
    savemat(folder / "devkit" / "cars_meta.mat", {"class_names": np.array([list(classes)], object)})
    files = {"train": "devkit/cars_train_annos.mat", "test": "cars_test_annos_withlabels.mat"}
    for part, n in (("train", train), ("test", test)):
        rows = []
        for i in range(n * len(classes)):
            name = f"{i + 1:05}.jpg"
            image = scene(seed=1000 * (part == "test") + i)
            write(folder / f"cars_{part}" / name, encoded(image, "JPEG", quality=95))
            rows.append((1, 1, 24, 16, i % len(classes) + 1, name))  # the first quarter
        savemat(folder / files[part], {"annotations": np.array(rows, types)[None]})
    return folder


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read MATLAB's files in this process: another one starts in seconds, and what it is for has tests of its own."""
    monkeypatch.setattr(matlab, "read", lambda wanted: [matlab.rows(each) for each in wanted])


Make = Callable[..., ImageFolder]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Make:
    """A folder origin of the catalogue with other counts, in its place."""

    def make(name: str, **changes: Any) -> ImageFolder:
        model = origins.origin(name)
        assert isinstance(model, ImageFolder)
        origin = replace(model, **changes)
        in_place_of(monkeypatch, origin)
        return origin

    return make
