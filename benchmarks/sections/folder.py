"""A folder of JPEGs as AFHQ is laid out: our preparation, and an epoch after it, beside torchvision's ImageFolder."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

from harness import tasks
from harness.images import AFHQ, MIRROR, WANTED
from harness.races import OURS, Rows, race
from nnlabs.data import image_file

PER_CLASS = {"train": 600, "val": 60}
"""Images of a class in each folder, a tenth for testing as in the whole set."""
SOURCES = 60
"""So many different images all are made from."""
SIDE = 512
"""Of AFHQ's images, pixels."""
QUALITY = 80
"""Of drawn JPEGs: so they have as many bytes as AFHQ's, 45 kB."""
COMPARED = 100
"""Images whose pixels are compared."""

ONCE, LATER, TORCHVISION = "ours, prepared once", "ours, an epoch of what is prepared", "torchvision, any epoch"

Source = tuple[NDArray[np.uint8], dict[str, Any]]
"""Pixels, height x width x RGB, and how to write them as their own file was."""


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """Seconds of each pass over all images, round by round."""
    with made(scale) as (root, what):
        rows: Rows = {
            title: [(OURS, module, str(root))]
            for title, module in (
                (TORCHVISION, "peers.image_folder"),
                (ONCE, "ours.prepare"),
                (LATER, "ours.mapped"),
            )
        }
        files = sorted((root / AFHQ.folder).rglob("*.jpg"))
        return race(rows, rounds, tell=("images",), alone=True) | {
            "source": what,
            "files": len(files),
            "kilobytes": sum(path.stat().st_size for path in files) / len(files) / 1e3,
            "apart": apart(files[:: max(1, len(files) // COMPARED)]),
            "workers": os.cpu_count() or 1,
        }


@contextmanager
def made(scale: float) -> Iterator[tuple[Path, str]]:
    """A mirror with AFHQ's folder, there while the block lasts, and what its images are."""
    tasks.CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="folder-", dir=tasks.CACHE) as folder:
        root, began = Path(folder).resolve(), time.monotonic()
        samples = sorted(mirrored().rglob("*.jpg"))
        sources = [opened(path) for path in samples[:SOURCES]] or [drawn(seed) for seed in range(SOURCES)]
        n = write(root / AFHQ.folder, sources, {part: max(2, round(scale * n)) for part, n in PER_CLASS.items()})
        print(f"{n:,} images made in {time.monotonic() - began:.0f} s", flush=True)
        yield root, "photographs of AFHQ" if samples else "drawn"


def mirrored() -> Path:
    """Where AFHQ's photographs are, if anywhere."""
    return Path(os.environ.get(MIRROR) or tasks.CACHE) / AFHQ.folder


def opened(path: Path) -> Source:
    """A photograph with its file's own quantisation, so that it is written with about as many bytes."""
    with Image.open(path) as image:
        assert isinstance(image, JpegImagePlugin.JpegImageFile)
        own = {"qtables": image.quantization, "subsampling": JpegImagePlugin.get_sampling(image)}
        return np.asarray(image.convert("RGB")), own


def drawn(seed: int) -> Source:
    """Clouds of every size, the larger the stronger, as photographs are."""
    rng = np.random.default_rng(seed)
    pixels = np.full((SIDE, SIDE, 3), 128.0)
    for cells in (4, 8, 16, 32, 64, 128, 256):
        noise = rng.normal(0, 100 / cells**0.5, (cells, cells, 3)).clip(-128, 127) + 128
        cloud = Image.fromarray(noise.astype(np.uint8)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        pixels += np.asarray(cloud) - 128.0
    return pixels.clip(0, 255).astype(np.uint8), {"quality": QUALITY}


def write(folder: Path, sources: list[Source], per_class: dict[str, int]) -> int:
    """Fill AFHQ's folders with the sources, each time moved round by other multiples of a JPEG's 16 pixels."""
    n = 0
    for part, wanted in per_class.items():
        for name in AFHQ.classes:
            where = folder / part / name
            where.mkdir(parents=True)
            for i in range(wanted):
                pixels, own = sources[n % len(sources)]
                down, right = divmod(n // len(sources), pixels.shape[1] // 16)
                moved = Image.fromarray(np.roll(pixels, (16 * down, 16 * right), (0, 1)))
                moved.save(where / f"{name}_{i:06}.jpg", **own)
                n += 1
    return n


def apart(files: list[Path]) -> float:
    """How far our pixels lie from those of torchvision's Resize on average, of 255."""

    def theirs(path: Path) -> NDArray[np.int16]:
        with Image.open(path) as image:
            small = image.convert("RGB").resize((WANTED, WANTED), Image.Resampling.BILINEAR)
        return np.asarray(small).transpose(2, 0, 1).astype(np.int16)

    differences = []
    for path in files:
        ours = image_file.read(path, WANTED).pixels
        assert ours is not None
        differences.append(np.abs(ours - theirs(path)).mean())
    return float(np.mean(differences))
