"""What an interrupted run needs to go on, kept outside DVC's reach.

A folder is named by a hash of everything that the result depends on, so it can never be
continued with other parameters, data or code. Whoever trains holds its lock: the child
that a killed dvc left behind is waited for instead of raced.
"""

import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from nnlabs.core import paths
from nnlabs.core.errors import said
from nnlabs.core.files import aside
from nnlabs.core.lock import turn

CHECKSUM = hashlib.sha256().digest_size
"""Bytes that a file begins with: torch does not notice other numbers."""


def key(*parts: Any) -> str:
    """A hash of what JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


class Checkpoints:
    """The checkpoints of one variant, one file a run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, run: str) -> dict[str, Any] | None:
        """The run's last state, or None where there is none, or none that is as it was written."""
        path = self.folder / f"{run}.pt"
        if not path.exists():
            return None
        content = path.read_bytes()
        try:
            if hashlib.sha256(content[CHECKSUM:]).digest() != content[:CHECKSUM]:
                raise ValueError("other bytes than were written")
            state: dict[str, Any] = torch.load(io.BytesIO(content[CHECKSUM:]), map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises whatever a file leads to
            print(f"{self.folder.name}: {path.name} is damaged ({said(error)}); the run begins anew", flush=True)
            path.unlink()
            return None
        return state

    def save(self, run: str, state: dict[str, Any]) -> None:
        """Write aside, sync, rename: a checkpoint is whole or is not there. Its checksum comes first."""
        packed = io.BytesIO()
        torch.save(state, packed)
        with aside(self.folder / f"{run}.pt") as beside, beside.open("wb") as file:
            file.write(hashlib.sha256(packed.getbuffer()).digest())
            file.write(packed.getbuffer())
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def checkpoints(variant: str, key: str) -> Iterator[Checkpoints]:
    """Hold the folder for this key; remove it when the block ends without an error."""
    name = f"{variant}-{key}"
    folder = paths.cache() / "checkpoints" / name
    with turn(name):
        folder.mkdir(parents=True, exist_ok=True)
        yield Checkpoints(folder)
        shutil.rmtree(folder)
