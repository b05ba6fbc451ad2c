"""Where something can be had from, and asking one source after the other until one serves."""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from filelock import FileLock

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.data.download import SlowSourceError

MIRROR = "NNLABS_MIRROR"
"""A folder or a server that the user has, asked before every other source."""

TITLE = "mirror"
"""What it is called in records, whose it is and where it lies being nobody else's business."""

Given = TypeVar("Given")
Had = TypeVar("Had")


def _nothing(patient: bool) -> None:
    """What it takes to bring what lies on the disk already."""


@dataclass(frozen=True)
class Source(Generic[Given]):
    """One place that something can be had from."""

    title: str
    """As records and pages call it: without the user's own paths and addresses."""
    present: Callable[[], bool]
    """Whether it lies on the disk, so that nothing is fetched."""
    read: Callable[[], Given]
    """Give what lies there by then."""
    fetch: Callable[[bool], None] = _nothing
    """Bring what is missing; the argument says whether to be patient with a slow source."""
    fetched: tuple[Path, ...] = ()
    """Where what was fetched, or made of it, lies from then on; it is removed when it turns out not to serve."""
    kept: Path | None = None
    """In place of `fetched`: where it stays all the same, for whoever it comes from gives the same again."""


@contextmanager
def place(name: str) -> Iterator[Path]:
    """The folder of an origin's downloads, this process's alone while it lasts."""
    folder = paths.cache() / "downloads" / name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        yield folder


def first(
    name: str, sources: Sequence[Source[Given]], accept: Callable[[Given], tuple[Had, int]], hint: str
) -> tuple[Had, dict[str, Any]]:
    """What the first source gives that serves, and a record of which it was.

    What is on the disk comes before what must be fetched. `accept` makes of what a source gives what is wanted, with
    how many bytes it was, and raises UserError where it is not that.

    Raises
    ------
    UserError
        Where none serves, listing each with its reason.
    """
    ordered = sorted(sources, key=lambda source: not source.present())
    failures: list[str] = []
    slow: list[Source[Given]] = []

    def asked(source: Source[Given], *, patient: bool) -> tuple[Had, dict[str, Any]] | None:
        try:
            had, served = _ask(source, accept, patient=patient)
        except SlowSourceError as error:
            print(f"{name}: {error}", flush=True)
            slow.append(source)
            return None
        except UserError as error:
            failures.append(f"{source.title}: {error}")
            return None
        for failure in failures:  # which nobody would see otherwise
            print(f"{name}: {failure}; {source.title} serves it instead", flush=True)
        return had, served

    for i, source in enumerate(ordered):
        if given := asked(source, patient=i == len(ordered) - 1 and not slow):
            return given
    for source in list(slow):
        print(f"{name}: no other source serves it; going on with {source.title}", flush=True)
        if given := asked(source, patient=True):
            return given
    listed = "".join(f"\n  - {failure}" for failure in failures)
    raise UserError(f"{name}: no source could serve it:{listed}\n  {hint}")


def _ask(
    source: Source[Given], accept: Callable[[Given], tuple[Had, int]], *, patient: bool
) -> tuple[Had, dict[str, Any]]:
    began, present = time.monotonic(), source.present()
    source.fetch(patient)
    try:
        had, size = accept(source.read())
    except UserError as error:
        if source.kept:
            raise UserError(f"{error}; to have it fetched anew, delete {source.kept}") from None
        bad = [path for path in source.fetched if path.exists()]
        for path in bad:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if bad and present and not source.present():  # of an earlier run, and the source may have been mended since
            return _ask(source, accept, patient=patient)
        raise
    seconds = time.monotonic() - began
    return had, {"source": source.title, "bytes": size, "seconds": seconds, "fetched": not present}


def mirror(
    folder: Callable[[Path], Given], server: Callable[[str], Source[Given]], made: tuple[Path, ...] = ()
) -> list[Source[Given]]:
    """The user's mirror, where there is one: a folder, or the source that `server` makes of an address.

    `folder` reads what a folder has, and may have `made` something of it on the disk.
    """
    given = os.environ.get(MIRROR)
    if not given:
        return []
    scheme, separator, _ = given.partition("://")
    if scheme.lower() in ("http", "https") and separator:
        return [server(given.rstrip("/"))]

    def read() -> Given:
        if separator:
            raise UserError(f"{MIRROR}: {given!r} begins with {scheme}://; allowed: a folder, http:// or https://")
        root = Path(given).expanduser()
        if not root.is_dir():
            raise UserError(f"{MIRROR}: {given!r} is no folder; a server's address begins with http:// or https://")
        return folder(root)

    return [Source(TITLE, lambda: True, read, fetched=made)]
