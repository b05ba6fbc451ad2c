"""`meta.json`: what is known of a dataset beside its arrays, the same whoever served it and whatever is told of it."""

import json
from pathlib import Path
from typing import Any

from nnlabs.core import paths
from nnlabs.core.errors import UserError

LISTS = ("split", "named")
"""Keys that tell of each image: which of the origin's it is, and which files were not plain images."""


def write(folder: Path, meta: dict[str, Any]) -> None:
    """Write it into a dataset's folder, in bytes that depend on the content alone."""
    content = json.dumps(meta, sort_keys=True, ensure_ascii=False)
    (folder / "meta.json").write_text(content + "\n", encoding="utf-8")


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
    except (OSError, ValueError) as error:
        raise unreadable(name, error) from None
    return meta


def unreadable(name: str, error: Exception) -> UserError:
    """What to tell of a dataset that cannot be read."""
    return UserError(
        f"{paths.dataset(name)} cannot be read ({error}); `dvc repro data@{name}`, or features@{name}, makes it"
    )


def brief(meta: dict[str, Any]) -> dict[str, Any]:
    """What results remember of their data: all but what tells of each image."""
    return {key: value for key, value in meta.items() if key not in LISTS}
