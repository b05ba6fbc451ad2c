"""Small downloads, archives, pictures and texts in the forms in which each is had."""

import io
import pickle
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnlabs.data import layouts, survey
from nnlabs.data.catalogue.kinds import Images
from nnlabs.data.corpus import Corpus

N = 12
"""Images of each made download."""


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def arrays(origin: Images) -> layouts.Arrays:
    rng = np.random.default_rng(0)
    arrays = {}
    for part in ("train", "test"):
        arrays[f"{part}_images"] = rng.integers(0, 256, (N, *origin.shape), np.uint8)
        arrays[f"{part}_labels"] = (np.arange(N) % len(origin.classes)).astype(np.uint8)
    return arrays


def flat(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """As IDX has it, without an axis of channels."""
    return array.reshape(len(array), *array.shape[2:])


def table(arrays: layouts.Arrays, part: str) -> bytes:
    pixels, labels = arrays[f"{part}_images"].reshape(N, -1), arrays[f"{part}_labels"]
    rows = [",".join(map(str, [label, *row])) for label, row in zip(labels, pixels, strict=True)]
    return "\n".join([",".join(["label", *(f"p{i}" for i in range(pixels.shape[1]))]), *rows, ""]).encode()


def batch(images: NDArray[np.uint8], labels: NDArray[np.uint8], key: bytes) -> bytes:
    return pickle.dumps({b"data": images.reshape(len(images), -1), key: labels.tolist()}, 2)


def png(images: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(images.transpose(0, 2, 3, 1).reshape(len(images), -1, 3)).save(out, "PNG")
    return out.getvalue()


def zipped(contents: dict[str, bytes], method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(contents: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def annotations(folder: Path) -> Iterable[str]:
    """Annotations as Stanford Cars has them, of a few pictures that are empty files; their names."""
    from scipy.io import savemat

    def rows(prefix: str) -> NDArray[np.void]:
        kinds = [(name, "O") for name in ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2", "class", "fname")]
        return np.array([(1, 1, 9, 9, 1 + i % 3, f"{prefix}{i:05}.jpg") for i in range(6)], kinds)

    (folder / "devkit").mkdir(parents=True, exist_ok=True)
    for part in ("cars_train", "cars_test"):
        for i in range(6):
            put(folder / part / f"{i:05}.jpg", b"")
    savemat(folder / "devkit" / "cars_train_annos.mat", {"annotations": rows("")})
    savemat(folder / survey.TEST, {"annotations": rows("")})
    names = np.array([f"car {i}" for i in range(196)], object)
    savemat(folder / "devkit" / "cars_meta.mat", {"class_names": names})
    return ("devkit/cars_train_annos.mat", survey.TEST)


def small_corpus() -> Corpus:
    words = [f"word{i}" for i in range(20)]
    tokens = np.arange(200, dtype=np.uint32) % 20
    questions = {"family": [("word1", "word2", "word3", "word4")]}
    starts, counts = np.array([0, 100, 200]), np.full(20, 10)
    return Corpus({"dataset": "text"}, tokens, starts, words, counts, [("word1", "word2", 5.0)], questions)
