"""What an interrupted run needs to go on, kept outside DVC's reach.

A folder is named by a hash of everything that the result depends on, so it can never be
continued with other parameters, data or code. Whoever trains holds its lock: the child
that a killed dvc left behind is waited for instead of raced.
"""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from nnlabs.core import paths


def fingerprint(*parts: Any) -> str:
    """A hash of JSON-able parts, of the package's modules in use, and of torch's version."""
    digest = hashlib.sha256(json.dumps([*parts, torch.__version__], sort_keys=True).encode())
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] == "nnlabs"]
    for file in sorted(str(module.__file__) for module in modules if getattr(module, "__file__", None)):
        digest.update(Path(file).read_bytes())
    return digest.hexdigest()[:20]


class Checkpoints:
    """The checkpoints of one variant, one file a run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, run: str) -> dict[str, Any] | None:
        """The run's last state, or None where there is none that can be read."""
        path = self.folder / f"{run}.pt"
        if not path.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except Exception:  # torch raises whatever a damaged file leads to; the run then starts anew
            path.unlink()
            return None
        return state

    def save(self, run: str, state: dict[str, Any]) -> None:
        """Write aside, sync, rename: a checkpoint is whole or is not there."""
        aside = self.folder / f"{run}.tmp"
        with aside.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self.folder / f"{run}.pt")


@contextmanager
def checkpoints(name: str, key: str) -> Iterator[Checkpoints]:
    """Hold the folder for this key; remove it when the block ends without an error."""
    folder = paths.cache() / "checkpoints" / f"{name}-{key}"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{folder}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f"{name}: another process is training the same; waiting for it", flush=True)
        lock.acquire()
        folder.mkdir(exist_ok=True)
    with lock:
        yield Checkpoints(folder)
        shutil.rmtree(folder)
