"""An image folder from the first source that has it: a mirror, packed or unpacked, or Kaggle."""

import io
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from nnlabs.core import paths
from nnlabs.core.errors import UserError, said
from nnlabs.core.files import write_json
from nnlabs.data.catalogue.kinds import ImageFolder
from nnlabs.data.download import NotThereError, download_any, file_hash
from nnlabs.data.sources import MIRROR, TITLE, Source, first, mirror, place
from nnlabs.data.survey import Survey, survey
from nnlabs.data.unpack import SUFFIXES, unpack

BROWSER = "archive.zip"
"""What a browser calls the archive that Kaggle's page gives."""
UNPACKED = "unpacked"
"""In the downloads, what a mirror's archive holds."""
DEPTH = 2
"""How many folders deep inside what a source gives the set's own folder may lie."""


def fetch(origin: ImageFolder, *, sample: bool) -> tuple[Survey, dict[str, Any]]:
    """The set's images as they lie on the disk, counted, and a record of who served them.

    Raises
    ------
    UserError
        Where no source serves it, listing each with its reason.
    """

    def accept(folder: Path) -> tuple[Survey, int]:
        found = survey(origin, locate(origin, folder), sample=sample)
        _compare(origin, found, sample)
        return found, found.size

    hint = (
        f"Put the folder {origin.folder} or its archive ({origin.archives[0]}.zip, .tar, .tar.gz) into a folder, "
        f"or the archive on a server, and set {MIRROR} to it."
    )
    with place(origin.name) as downloads:
        found, served = first(origin.name, list_sources(origin, downloads), accept, hint)
    return found, {"origin": origin.name} | served


def locate(origin: ImageFolder, given: Path) -> Path:
    """The folder that holds the set's parts: this one, or one inside it.

    Raises
    ------
    UserError
        Where there is none, or more than one at the same depth.
    """
    fitting = _fitting(origin, given)
    if len(fitting) > 1:
        raise UserError(f"{given} holds {origin.name} more than once: {', '.join(map(str, fitting))}; keep one of them")
    if not fitting:
        raise UserError(f"{given} holds no folder with {_parts(origin)}{_lacking(origin, given)}")
    return fitting[0]


def _fitting(origin: ImageFolder, given: Path) -> list[Path]:
    """The folders with the set's parts that lie least deep."""
    for level in _levels(given):
        if fitting := [each for each in level if not _missing(origin, each)]:
            return fitting
    return []


def _levels(given: Path) -> Iterator[list[Path]]:
    """The folder, those inside it, and so on to DEPTH."""
    level = [given]
    for _ in range(DEPTH + 1):
        yield level
        level = [inner for each in level for inner in sorted(each.iterdir()) if inner.is_dir() and inner.name[0] != "."]


def _missing(origin: ImageFolder, folder: Path) -> list[str]:
    return [part for part in origin.parts.values() if not (folder / part).is_dir()]


def _lacking(origin: ImageFolder, given: Path) -> str:
    """Which part it is that a folder lacks which has another one."""
    for each in (each for level in _levels(given) for each in level):
        if len(missing := _missing(origin, each)) < len(origin.parts):
            return f" ({each} lacks {', '.join(missing)})"
    return ""


def _parts(origin: ImageFolder) -> str:
    return ", ".join(origin.parts.values())


def list_sources(origin: ImageFolder, downloads: Path) -> list[Source[Path]]:
    """Every source, in the order in which they are asked."""
    given = mirror(
        lambda root: _in(root, origin, downloads),
        lambda address: _server(origin, downloads, address),
        (downloads / UNPACKED,),
    )
    return [*given, _kaggle(origin, downloads)]


def _names(origin: ImageFolder) -> list[str]:
    return [stem + suffix for stem in origin.archives for suffix in SUFFIXES]


def _in(root: Path, origin: ImageFolder, downloads: Path) -> Path:
    """The set's folder in a mirror's, or what its archive unpacks to, under the origin's name or directly."""
    places = [each for name in dict.fromkeys((origin.name, origin.folder)) if (each := root / name).is_dir()]
    if found := next((each for each in places if _fitting(origin, each)), None):
        return found
    named = [inside / name for inside in (*places, root) for name in _names(origin)]
    for archive in (*named, *(inside / BROWSER for inside in places)):
        if archive.is_file():
            return _unpacked(archive, downloads / UNPACKED / file_hash(archive, "sha256")[:16])
    lacking = next((told for each in places if (told := _lacking(origin, each))), "")
    raise UserError(f"{root} holds neither {origin.folder} with {_parts(origin)}{lacking}, nor {_names(origin)[0]}")


def _server(origin: ImageFolder, downloads: Path, address: str) -> Source[Path]:
    """A server with the set's archive, under the origin's name or directly."""
    target, archives = downloads / "mirror", [downloads / name for name in _names(origin)]

    def came() -> Path | None:
        return next((archive for archive in archives if archive.exists()), None)

    def fetch(patient: bool) -> None:
        if target.exists() or came():
            return
        for archive in archives:
            urls = (f"{address}/{origin.name}/{archive.name}", f"{address}/{archive.name}")
            with suppress(NotThereError):
                return download_any(urls, archive, patient=patient)
        raise UserError(f"it has none of {', '.join(_names(origin))}")

    def read() -> Path:
        if archive := came():
            unpack(archive, target)
            archive.unlink()
        return target

    return Source(TITLE, lambda: target.exists() or came() is not None, read, fetch, (target, *archives))


def _unpacked(archive: Path, target: Path) -> Path:
    if not target.exists():
        for old in target.parent.glob("*"):  # of an archive that was here before
            shutil.rmtree(old)
        unpack(archive, target)
    return target


def _kaggle(origin: ImageFolder, downloads: Path) -> Source[Path]:
    """Kaggle, through its own client, which unpacks what it fetches; public sets need no account."""
    kept = downloads / "kaggle"
    whole = kept / "whole.json"

    def fetch(_: bool) -> None:
        if not whole.exists():
            kept.mkdir(parents=True, exist_ok=True)
            came, ours = _from_kaggle(origin.kaggle, kept), kept.resolve()
            # elsewhere in Kaggle's own notebooks, which have it already
            write_json(whole, {"folder": str(came.relative_to(ours) if came.is_relative_to(ours) else came)})

    def read() -> Path:
        try:
            folder = kept / str(json.loads(whole.read_text(encoding="utf-8"))["folder"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{whole} is damaged ({said(error)})") from None
        if not folder.is_dir():
            raise UserError(f"{folder}, which it had brought, is gone")
        return folder

    return Source(f"Kaggle {origin.kaggle}", whole.exists, read, fetch, kept=kept)


def _from_kaggle(handle: str, kept: Path) -> Path:
    os.environ["KAGGLEHUB_CACHE"] = str(kept.resolve())
    quiet = [] if sys.stderr.isatty() else [redirect_stderr(io.StringIO()), redirect_stdout(io.StringIO())]
    try:
        with ExitStack() as stack:
            for each in quiet:
                stack.enter_context(each)
            # by name: a client that is asked like npm or apt, and no part of what a dataset follows from
            client = import_module("kagglehub")
            return Path(client.dataset_download(handle)).resolve()
    except ImportError:
        raise UserError(
            "its client kagglehub is missing; `pip install -e '.[kaggle]'` in this folder gets it"
        ) from None
    except Exception as error:  # whatever the client and its libraries raise
        raise UserError(f"its client failed ({said(error)})") from None


def remember(origin: ImageFolder, found: Survey, source: str, *, sample: bool) -> None:
    """Keep what the set's images hash to, once they were seen to be good, where no hash of them is known."""
    if not (kept := _kept(origin, sample)).exists():  # later ones are the same
        write_json(kept, {"tree": found.tree, "images": len(found.entries), "source": source})


def _compare(origin: ImageFolder, found: Survey, sample: bool) -> None:
    if origin.tree and not sample:
        if found.tree != origin.tree:
            raise UserError(
                f"other images than the known ones (names and contents hash to {found.tree[:12]}... instead of "
                f"{origin.tree[:12]}...); a dataset of `origin: folder` takes any"
            )
        return
    kept = _kept(origin, sample)
    if not kept.exists():
        return
    try:
        first_time = json.loads(kept.read_text(encoding="utf-8"))
        tree, source = str(first_time["tree"]), str(first_time["source"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{kept} is damaged ({said(error)}); delete it and run again") from None
    if tree != found.tree:
        raise UserError(
            f"other images than those that {source} gave first (names and contents hash to {found.tree[:12]}... "
            f"instead of {tree[:12]}...); if these are right, delete {kept} and run again"
        )


def _kept(origin: ImageFolder, sample: bool) -> Path:
    return paths.cache() / "downloads" / origin.name / f"first-{'sample' if sample else 'fetch'}.json"
