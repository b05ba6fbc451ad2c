"""Where something can be had from, and asking one source after the other until one serves."""

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

Given = TypeVar("Given")
Had = TypeVar("Had")


@dataclass(frozen=True)
class Source(Generic[Given]):
    """One place that something can be had from."""

    title: str
    present: Callable[[], bool]
    """Whether it lies on the disk, so that nothing is fetched."""
    get: Callable[[bool], Given]
    """Fetch what is missing and give it; the argument says whether to be patient with a slow source."""
    kept: Path | None = None
    """Where what was fetched lies from then on, good or bad; none where bad content is fetched anew by itself."""


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
    for i, source in enumerate(ordered):
        try:
            return _ask(source, accept, patient=i == len(ordered) - 1 and not slow)
        except SlowSourceError as error:
            print(f"{name}: {error}", flush=True)
            slow.append(source)
        except UserError as error:
            failures.append(f"{source.title}: {error}")
    for source in slow:
        print(f"{name}: no other source serves it; back to {source.title}, slow as it is", flush=True)
        try:
            return _ask(source, accept, patient=True)
        except UserError as error:
            failures.append(f"{source.title}: {error}")
    listed = "".join(f"\n  - {failure}" for failure in failures)
    raise UserError(f"{name}: no source could serve it:{listed}\n  {hint}")


def _ask(
    source: Source[Given], accept: Callable[[Given], tuple[Had, int]], *, patient: bool
) -> tuple[Had, dict[str, Any]]:
    began, present = time.monotonic(), source.present()
    given = source.get(patient)
    try:
        had, size = accept(given)
    except UserError as error:
        raise UserError(f"{error}; to have it fetched anew, delete {source.kept}" if source.kept else error) from None
    seconds = time.monotonic() - began
    return had, {"source": source.title, "bytes": size, "seconds": seconds, "fetched": not present}
