"""The forms in which one content comes, each read into the same arrays.

Every function takes the origin and the files' contents by name and returns its parts, all
uint8. Those of images are named in `kinds.ARRAYS`: images N x C x H x W and labels N; those
of a text are its bytes. What is damaged raises UserError; what is whole but altered is for the
content hashes to notice.
"""

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.core import npy
from nnlabs.core.errors import UserError, said
from nnlabs.data import cifar, idx
from nnlabs.data.archives import GZIP, gunzip
from nnlabs.data.catalogue.idx import IDX_NAMES
from nnlabs.data.catalogue.kinds import ARRAYS, Images, Origin

Arrays = dict[str, NDArray[np.uint8]]
Contents = Mapping[str, bytes]


def idx_files(origin: Images, contents: Contents) -> Arrays:
    """Four IDX files, each raw or packed with gzip; the dot of `train-images.idx3-ubyte` is as good as the hyphen."""
    named = {key.split("/")[-1].removesuffix(".gz").replace(".idx", "-idx"): key for key in contents}
    arrays = {}
    for part, name in zip(ARRAYS, IDX_NAMES, strict=True):
        found = named[name]
        packed = contents[found]
        content = gunzip(packed, found) if packed.startswith(GZIP) else packed
        n = origin.train if part.startswith("train") else origin.test
        shape = (n, *origin.shape[1:]) if part.endswith("images") else (n,)
        arrays[part] = idx.decode(content, found, shape).reshape(n, *(origin.shape if len(shape) > 1 else ()))
    return arrays


def npy_members(origin: Images, contents: Contents) -> Arrays:
    """Four files of NumPy's, in the order of ARRAYS: grey images without the channels' axis."""
    arrays: Arrays = {}
    for (name, content), part in zip(contents.items(), ARRAYS, strict=True):
        try:
            array = npy.decode(content)
        except ValueError as error:
            raise UserError(f"{name}: not an array of NumPy's ({error})") from None
        n = origin.train if part.startswith("train") else origin.test
        shape = (n, *origin.shape[1:]) if part.endswith("images") else (n,)
        if array.dtype != np.uint8 or array.shape != shape:
            raise UserError(f"{name}: {array.dtype} {array.shape} found; uint8 {shape} is needed")
        arrays[part] = np.ascontiguousarray(array).reshape(n, *(origin.shape if len(shape) > 1 else ()))
    return arrays


def csv_members(origin: Images, contents: Contents) -> Arrays:
    """Two tables, training and test: a header, then a label and 784 pixels a row."""
    import pandas as pd

    arrays = {}
    for (name, content), part, n in zip(contents.items(), ("train", "test"), (origin.train, origin.test), strict=True):
        try:
            table = pd.read_csv(io.BytesIO(content), dtype=np.uint8, engine="c").to_numpy()
        except Exception as error:  # pandas raises whatever damaged text leads to
            raise UserError(f"{name}: not a table of bytes ({said(error)})") from None
        if table.shape != (n, 1 + np.prod(origin.shape)):
            raise UserError(f"{name}: a table of {table.shape} found; {(n, 1 + np.prod(origin.shape))} is needed")
        arrays[f"{part}_images"] = np.ascontiguousarray(table[:, 1:]).reshape(n, *origin.shape)
        arrays[f"{part}_labels"] = np.ascontiguousarray(table[:, 0])
    return arrays


def png_members(origin: Images, contents: Contents) -> Arrays:
    """PNG files with an image a row, RGB interleaved, and two JSON lists of labels, training and test."""
    *batches, test = [_png(origin, name, content) for name, content in contents.items() if name.endswith(".png")]
    train_labels, test_labels = [_json(name, content) for name, content in contents.items() if name.endswith(".json")]
    arrays = {
        "train_images": np.concatenate(batches),
        "train_labels": train_labels,
        "test_images": test,
        "test_labels": test_labels,
    }
    for part, array in arrays.items():
        n = origin.train if part.startswith("train") else origin.test
        if len(array) != n:
            raise UserError(f"{origin.name}: {len(array)} {part.replace('_', ' ')} found; {n} are needed")
    return arrays


def _png(origin: Images, name: str, content: bytes) -> NDArray[np.uint8]:
    from PIL import Image

    channels, height, width = origin.shape
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            if image.mode != "RGB" or image.width != height * width or image.height > origin.train:
                raise ValueError(f"{image.mode}, {image.size}")
            pixels = np.asarray(image)  # rows x (height width) x channels
    except Exception as error:  # Pillow raises whatever damaged bytes lead to
        raise UserError(f"{name}: not the expected PNG ({said(error)})") from None
    return np.ascontiguousarray(pixels.reshape(-1, height, width, channels).transpose(0, 3, 1, 2))


def _json(name: str, content: bytes) -> NDArray[np.uint8]:
    try:
        labels = np.array(json.loads(content))
        if labels.ndim != 1 or labels.dtype != np.int64 or labels.min() < 0 or labels.max() > 255:
            raise ValueError("a list of small whole numbers is needed")
    except (ValueError, RecursionError) as error:
        raise UserError(f"{name}: not a list of labels ({said(error)})") from None
    return labels.astype(np.uint8)


def cifar10_files(origin: Images, contents: Contents) -> Arrays:
    """Five training batches in order, then the test batch, as official pickles."""
    n = origin.test
    *batches, test = [cifar.batch(content, name, n) for name, content in contents.items()]
    return {
        "train_images": np.concatenate([images for images, _ in batches]),
        "train_labels": np.concatenate([labels for _, labels in batches]),
        "test_images": test[0],
        "test_labels": test[1],
    }


def cifar100_files(origin: Images, contents: Contents) -> Arrays:
    """The training pickle, the test pickle and the one with the names; the fine labels are taken."""
    train, test, meta = contents
    arrays: Arrays = {}
    for name, part, n in ((train, "train", origin.train), (test, "test", origin.test)):
        images, labels = cifar.batch(contents[name], name, n, b"fine_labels")
        if labels.max() >= len(origin.classes):
            raise UserError(f"{name}: label {labels.max()} found; {origin.name} has {len(origin.classes)} classes")
        arrays |= {f"{part}_images": images, f"{part}_labels": labels}
    if cifar.names(contents[meta], meta) != origin.classes:
        raise UserError(f"{meta}: other names of classes than {origin.name}'s found")
    return arrays


BETWEEN = b"\f"
"""A form feed stands between two documents and in none of them."""


def documents(origin: Origin, contents: Contents) -> Arrays:
    """Text files, a document each, put together in the order of their names."""
    for name, content in contents.items():
        decoded(name, content)
        if BETWEEN in content:
            raise UserError(f"{name}: a form feed found in a text of {origin.name}")
    return {"documents": _bytes(BETWEEN.join(content for _, content in sorted(contents.items())))}


def word_tests(origin: Origin, contents: Contents) -> Arrays:
    """The two files of WORD_TESTS, as they are."""
    for name, content in contents.items():
        decoded(name, content)
    return {part: _bytes(content) for part, content in zip(origin.content, contents.values(), strict=True)}


def decoded(name: str, content: bytes) -> str:
    """The text of a file, or a UserError where it is none in UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise UserError(f"{name}: not a text in UTF-8 ({said(error)})") from None


def _bytes(content: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(content, np.uint8)


LAYOUTS: dict[str, Callable[[Any, Contents], Arrays]] = {
    "idx_files": idx_files,
    "npy_members": npy_members,
    "csv_members": csv_members,
    "png_members": png_members,
    "cifar10_files": cifar10_files,
    "cifar100_files": cifar100_files,
    "documents": documents,
    "word_tests": word_tests,
}
"""By name; each takes the kind of origin that names it."""


def content_hashes(origin: Origin, arrays: Arrays) -> dict[str, str]:
    """sha256 of each part, in the form that the catalogue's hashes were taken of."""
    hashes = {}
    for part, array in arrays.items():
        if origin.layout == "idx_files":
            # the official IDX files have no channel axis
            raw = idx.encode(array.reshape(len(array), *array.shape[2:]) if array.ndim > 1 else array)
            hashes[part] = hashlib.sha256(raw).hexdigest()
        else:
            hashes[part] = hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
    return hashes


def read(layout: str, origin: Origin, contents: Contents) -> Arrays:
    """The origin's parts, their content compared with the catalogue.

    Raises
    ------
    UserError
        Where the contents are damaged, or naming the first part that differs.
    """
    for name, content in contents.items() if origin.md5 else ():
        found, expected = hashlib.md5(content, usedforsecurity=False).hexdigest(), origin.md5[name.split("/")[-1]]
        if found != expected:
            raise UserError(f"{name}: another file than the official one (md5 {found} found, {expected} expected)")
    arrays = LAYOUTS[layout](origin, contents)
    if origin.content:
        check(origin, arrays)
    return arrays


def check(origin: Origin, arrays: Arrays) -> None:
    """Compare every part's content with the catalogue.

    Raises
    ------
    UserError
        Naming the first part that differs.
    """
    for part, found in content_hashes(origin, arrays).items():
        if found != origin.content[part]:
            raise UserError(
                f"{origin.name}: {part.replace('_', ' ')} have other content than the official ones "
                f"(sha256 {found[:12]}... found, {origin.content[part][:12]}... expected)"
            )
