"""An image folder from the first source that has it: a mirror, packed or unpacked, or Kaggle."""

import io
import json
import os
import shutil
import sys
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.core.files import write_json
from nnlabs.data.catalogue.kinds import ImageFolder
from nnlabs.data.download import NotThereError, download, file_hash
from nnlabs.data.sources import MIRROR, Source, first, place
from nnlabs.data.survey import Survey, survey
from nnlabs.data.unpack import SUFFIXES, unpack

BROWSER = "archive.zip"
"""What a browser calls the archive that Kaggle's page gives."""
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
    if len(fitting) != 1:
        found = f"{origin.name} more than once: {', '.join(map(str, fitting))}" if fitting else "no folder"
        raise UserError(f"{given} holds {found} with {_parts(origin)}")
    return fitting[0]


def _fitting(origin: ImageFolder, given: Path) -> list[Path]:
    """The folders with the set's parts that lie least deep."""
    level = [given]
    for _ in range(DEPTH + 1):
        if fitting := [each for each in level if all((each / part).is_dir() for part in origin.parts.values())]:
            return fitting
        level = [inner for each in level for inner in sorted(each.iterdir()) if inner.is_dir() and inner.name[0] != "."]
    return []


def _parts(origin: ImageFolder) -> str:
    return ", ".join(origin.parts.values())


def list_sources(origin: ImageFolder, downloads: Path) -> list[Source[Path]]:
    """Every source, in the order in which they are asked."""
    given = os.environ.get(MIRROR)
    mirror = (_mirror_url if "://" in given else _mirror_folder)(origin, downloads, given) if given else None
    return [*([mirror] if mirror else []), _kaggle(origin, downloads)]


def _names(origin: ImageFolder) -> list[str]:
    return [stem + suffix for stem in origin.archives for suffix in SUFFIXES]


def _mirror_folder(origin: ImageFolder, downloads: Path, given: str) -> Source[Path]:
    """A folder with the set's folder or its archive, under the origin's name or directly."""
    root = Path(given).expanduser()

    def folder(_: bool) -> Path:
        if not root.is_dir():
            raise UserError(f"{MIRROR}: {given!r} is no folder")
        places = [each for name in dict.fromkeys((origin.name, origin.folder)) if (each := root / name).is_dir()]
        if found := next((each for each in places if _fitting(origin, each)), None):
            return found
        named = [inside / name for inside in (*places, root) for name in _names(origin)]
        for archive in (*named, *(inside / BROWSER for inside in places)):
            if archive.is_file():
                return _unpacked(archive, downloads / "unpacked" / file_hash(archive, "sha256")[:16])
        raise UserError(f"{root} holds neither {origin.folder} with {_parts(origin)}, nor {_names(origin)[0]}")

    return Source(f"mirror {given}", lambda: True, folder)


def _mirror_url(origin: ImageFolder, downloads: Path, given: str) -> Source[Path]:
    """A server with the set's archive, under the origin's name or directly."""
    target = downloads / "mirror"

    def folder(patient: bool) -> Path:
        if not target.exists():
            archive = _downloaded(origin, downloads, given.rstrip("/"), patient)
            unpack(archive, target)
            archive.unlink()
        return target

    return Source(f"mirror {given}", target.exists, folder, target)


def _downloaded(origin: ImageFolder, downloads: Path, base: str, patient: bool) -> Path:
    for name in _names(origin):
        for url in (f"{base}/{origin.name}/{name}", f"{base}/{name}"):
            try:
                download(url, downloads / name, patient=patient)
                return downloads / name
            except NotThereError:
                continue
    raise UserError(f"it has none of {', '.join(_names(origin))}")


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

    def folder(_: bool) -> Path:
        if not whole.exists():
            kept.mkdir(parents=True, exist_ok=True)
            came, ours = _from_kaggle(origin.kaggle, kept), kept.resolve()
            # elsewhere in Kaggle's own notebooks, which have it already
            write_json(whole, {"folder": str(came.relative_to(ours) if came.is_relative_to(ours) else came)})
        return kept / str(json.loads(whole.read_text(encoding="utf-8"))["folder"])

    return Source(f"Kaggle {origin.kaggle}", whole.exists, folder, kept)


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
        told = " ".join(str(error).split())
        raise UserError(f"its client failed ({type(error).__name__}: {told[:200]})") from None


def remember(origin: ImageFolder, found: Survey, source: str, *, sample: bool) -> None:
    """Keep what the set's images hash to, once they were seen to be good: no hash of them was published."""
    if not (kept := _kept(origin, sample)).exists():  # later ones are the same
        write_json(kept, {"tree": found.tree, "images": len(found.entries), "source": source})


def _compare(origin: ImageFolder, found: Survey, sample: bool) -> None:
    kept = _kept(origin, sample)
    if not kept.exists():
        return
    try:
        first_time = json.loads(kept.read_text(encoding="utf-8"))
        tree, source = first_time["tree"], first_time["source"]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{kept} is damaged ({error}); delete it and run again") from None
    if tree != found.tree:
        raise UserError(
            f"other images than those that {source} gave first (names and contents hash to {found.tree[:12]}... "
            f"instead of {tree[:12]}...); if these are right, delete {kept} and run again"
        )


def _kept(origin: ImageFolder, sample: bool) -> Path:
    return paths.cache() / "downloads" / origin.name / f"first-{'sample' if sample else 'fetch'}.json"
