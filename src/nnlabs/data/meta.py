"""`meta.json`: what is known of a dataset beside its arrays, the same whoever served it and whatever is told of it.

It carries a checksum of itself and the hashes of all parts: a dataset that changed on the disk is not taken as it is.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.core import paths
from nnlabs.core.errors import UserError, said

LISTS = ("split", "named")
"""Keys that tell of each image: which of the origin's it is, and which files were not plain images."""


CHECKSUM = "sha256"
"""Of all other keys; nobody but `read` sees it."""


def write(folder: Path, meta: dict[str, Any]) -> None:
    """Write it into a dataset's folder, in bytes that depend on the content alone."""
    content = json.dumps(meta | {CHECKSUM: _checksum(meta)}, sort_keys=True, ensure_ascii=False)
    (folder / "meta.json").write_text(content + "\n", encoding="utf-8")


def _checksum(meta: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(meta, sort_keys=True).encode()).hexdigest()


def read(name: str) -> dict[str, Any]:
    """What is known of a prepared dataset, be it images, a text or none.

    Raises
    ------
    UserError
        Where it is missing or damaged, naming the stage that makes it.
    """
    folder = paths.dataset(name)
    try:
        meta: dict[str, Any] = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        if meta.pop(CHECKSUM) != _checksum(meta):
            raise ValueError("meta.json is not as it was written")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise unreadable(name, error) from None
    return meta


def check(meta: dict[str, Any], part: str, content: bytes | NDArray[Any]) -> None:
    """Compare a part's bytes with what was written.

    Raises
    ------
    ValueError
        Where they are others.
    """
    found = hashlib.sha256(content if isinstance(content, bytes) else np.ascontiguousarray(content).data).hexdigest()
    if found != meta["content"][part]:
        raise ValueError(f"its {part} are not as they were written: sha256 {found[:12]}... found")


def unreadable(name: str, error: Exception) -> UserError:
    """What to tell of a dataset that cannot be read."""
    return UserError(
        f"{paths.dataset(name)} cannot be read ({said(error)}); `dvc repro data@{name}`, or features@{name}, makes it"
    )


def brief(meta: dict[str, Any]) -> dict[str, Any]:
    """What results remember of their data: all but what tells of each image."""
    return {key: value for key, value in meta.items() if key not in LISTS}
