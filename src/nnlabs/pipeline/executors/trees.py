"""Which files are where, by what they hold: what a stage reads and makes, as it travels between machines."""

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from nnlabs.core.errors import UserError
from nnlabs.pipeline.executors.contents import Contents, sha256, stamped

Entry = tuple[str, int]
"""The SHA-256 of a file's content, and its bytes."""
Tree = dict[str, Entry | None]
"""Paths, relative and with slashes; None: an empty folder."""

BYTECODE = "__pycache__"


def read(root: Path, names: Iterable[str], hashed: Callable[[Path], str]) -> Tree:
    """Files and folders with all that is in them but bytecode.

    Raises
    ------
    UserError
        Where one is missing.
    """
    tree: Tree = {}
    for name in names:
        if not (root / name).exists():
            raise UserError(f"{name} is missing")
        for path in _files(root / name):
            entry = None if path.is_dir() else (hashed(path), path.stat().st_size)
            tree[path.relative_to(root).as_posix()] = entry
    return tree


def _files(path: Path) -> list[Path]:
    """In a fixed order; a folder itself where nothing is in it."""
    if not path.is_dir():
        return [path]
    inner = [each for each in sorted(path.iterdir()) if each.name != BYTECODE]
    return [file for each in inner for file in _files(each)] if inner else [path]


def lay(tree: Tree, folder: Path, contents: Contents) -> None:
    """Have the folder hold this and nothing else but bytecode of files that are still there.

    Raises
    ------
    FileNotFoundError
        Where a content is not among those that are kept.
    """
    _remove_others(tree, folder)
    for name, entry in tree.items():
        target = folder / name
        if entry is None:
            target.mkdir(parents=True, exist_ok=True)
        elif not target.exists():
            contents.lay(entry[0], target)


def _remove_others(tree: Tree, folder: Path) -> None:
    for place, folders, names in os.walk(folder, topdown=False):
        here = Path(place)
        if here.name == BYTECODE:
            continue
        for name in names:
            path = here / name
            entry = tree.get(path.relative_to(folder).as_posix())
            if path.is_symlink() or not entry or not stamped(path.stat(), entry[0]):
                path.unlink()
        for name in folders:
            path = here / name
            if path.is_symlink():
                path.unlink()
            elif not any(each.name != BYTECODE for each in path.iterdir()) and name != BYTECODE:
                shutil.rmtree(path)


class Hashes:
    """What files hold, read again only where a file was written since."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, int, int], str]] = {}

    def __call__(self, path: Path) -> str:
        found = path.stat()
        state = (found.st_ino, found.st_size, found.st_mtime_ns)
        known, digest = self._known.get(path, (None, ""))
        if known != state:
            digest = sha256(path)
            self._known[path] = (state, digest)
        return digest
