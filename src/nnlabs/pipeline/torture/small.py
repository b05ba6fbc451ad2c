"""A small run to break: this checkout with two short variants of one lab, on pictures made here."""

import hashlib
import os
import random
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import yaml
from PIL import Image

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.pipeline import checkout
from nnlabs.pipeline.torture.command import Command

CLASSES, EACH, SIDE = 3, 24, 16
"""Of the pictures that are made: classes, pictures of each, pixels of a side."""
LAB = "objects3"
MADE = ("data", "models", "predictions", "reports")
"""Where a run leaves what it made, beside dvc.lock."""
UNNEEDED = (".git", "benchmarks", "reports", "tests", "dvc.lock", "README.md", "CHANGELOG.md")
"""What the small run can do without: it is copied for every round."""
SITE = Path(__file__).with_name("site")
"""What Python finds there lets writes fail."""
Results = dict[str, str]


@dataclass(frozen=True)
class Beginning:
    """A state that a run begins from, and what it comes to when nothing disturbs it."""

    folder: Path
    seconds: float
    results: Results
    room: int
    """Bytes that the run takes on the disk beside what is there before."""
    writes: int
    """How many files it opens for writing, renames, removes or makes."""


class Small:
    """A small run, disturbed in a folder of its own beside where it begins."""

    def __init__(self, fresh: Path, turn: Callable[[Path], None]) -> None:
        """`fresh` is the project before anything has run; `turn` turns a knob of the copy that it is given."""
        self.work = fresh.parent
        self.folder = self.work / "run"
        self._fresh, self._turn = fresh, turn
        self._ended = self.work / "ended"
        self._writes = self.work / "writes"

    def beginning(self, rng: random.Random) -> Beginning:
        """Nothing has run yet; or all has, and a knob was turned since."""
        return self.fresh if rng.random() < 0.5 else self.turned

    @cached_property
    def fresh(self) -> Beginning:
        return self._undisturbed(self._fresh)

    @cached_property
    def turned(self) -> Beginning:
        folder = self.work / "turned"
        self.ended()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder, symlinks=True)
        self._turn(folder)
        return self._undisturbed(folder)

    def _undisturbed(self, folder: Path) -> Beginning:
        began = time.monotonic()
        self.renew(folder)
        before = used(self.folder)
        with self.start(self.failing(0)) as command:
            status = command.wait()
        if status != 0:
            raise UserError(f"the small run fails by itself: {command.error or command.told}")
        seconds, room = time.monotonic() - began, used(self.folder) - before
        beginning = Beginning(folder, seconds, results(self.folder), room, self._writes.stat().st_size)
        if folder == self._fresh:
            shutil.rmtree(self._ended, ignore_errors=True)
            shutil.copytree(self.folder, self._ended, symlinks=True)
            for path in self.folder.glob("src/**/__pycache__"):  # or every run compiles its modules anew
                shutil.copytree(path, folder / path.relative_to(self.folder), dirs_exist_ok=True)
        return beginning

    def ended(self) -> None:
        """Be where a run has ended that nothing disturbed."""
        assert self.fresh
        self.renew(self._ended)

    def renew(self, beginning: Path) -> None:
        """Begin anew."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(beginning, self.folder, symlinks=True, dirs_exist_ok=True)

    def start(self, changes: Mapping[str, str] = MappingProxyType({}), file_size: int | None = None) -> Command:
        """Start the run; with a limit, no file may grow beyond so many bytes."""
        return Command(self.folder, {**self._environment, **changes}, file_size)

    def failing(self, n: int) -> dict[str, str]:
        """What the environment has to be so that the n-th write of a run fails; they are counted from 1."""
        self._writes.unlink(missing_ok=True)
        own = {"ROOT": str(self.folder), "COUNTER": str(self._writes), "NTH": str(n)}
        return {"PYTHONPATH": str(SITE)} | {f"NNLABS_TORTURE_{name}": value for name, value in own.items()}

    @property
    def _environment(self) -> dict[str, str]:
        """What the run's commands have; DVC's memory of files lies in the run's folder and goes with it."""
        left_out = ("NNLABS_CACHE", "NNLABS_MIRROR", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
        kept = {key: value for key, value in os.environ.items() if key not in left_out}
        return kept | {"DVC_NO_ANALYTICS": "true", "DVC_SITE_CACHE_DIR": str(self.folder / ".nnlabs" / "dvc")}


NAMED = ("-c", "user.name=torture", "-c", "user.email=torture@localhost")


def project() -> Small:
    """The checkout, cut to two short variants of one lab, on pictures that are made here; under `.nnlabs`."""
    fresh = checkout.clone("torture/fresh", committed=False)
    pictures(fresh.parent / "pictures")
    for name in UNNEEDED:
        shutil.rmtree(fresh / name) if (fresh / name).is_dir() else (fresh / name).unlink(missing_ok=True)
    _change(fresh, cut)
    _without_play(fresh / "dvc.yaml")
    for command in (["init", "-q"], ["add", "-A"], [*NAMED, "commit", "-qm", "Before"]):
        checkout.git(*command, where=fresh)

    def turn(folder: Path) -> None:
        _change(folder, lambda raw: raw["variants"]["mlp"].update(hidden=[6]))

    return Small(fresh, turn)


def _change(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    params = folder / paths.PARAMS.name
    raw = yaml.safe_load(params.read_text(encoding="utf-8"))
    change(raw)
    params.write_text(yaml.safe_dump(raw, sort_keys=False, allow_unicode=True), encoding="utf-8")


def cut(raw: dict[str, Any]) -> None:
    """Leave of params.yaml what the small run has."""
    data = {"origin": "folder", "path": "../pictures", "size": SIDE, "seed": 0, "test": 0.25, "validation": 0.25}
    defaults = {"batch_size": 6, "optimizer": "sgd", "lr": 0.01, "seeds": [0, 1]}
    lab = {"lab": LAB, "dataset": LAB, "threads": 1}
    raw |= {
        "datasets": {LAB: data},
        "features": {},
        "labs": {LAB: {"dataset": LAB, "defaults": defaults}},
        "variants": {
            "mlp": lab | {"model": "mlp", "hidden": [8], "epochs": 12},
            "cnn": lab | {"model": "cnn", "channels": [4, 4], "batch_norm": True, "epochs": 4},
        },
        "optional": {},
    }
    raw.pop("play")


def _without_play(definition: Path) -> None:
    """Take out the pages to play with, which hold networks of other labs."""
    content = yaml.safe_load(definition.read_text(encoding="utf-8"))
    for stage in ("play", "kernels", "pad"):
        del content["stages"][stage]
    definition.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


def pictures(folder: Path) -> None:
    """Make a folder of pictures, a folder a class: noise with a bright stripe where the class is."""
    shutil.rmtree(folder, ignore_errors=True)
    rng = np.random.default_rng(0)
    for label in range(CLASSES):
        (folder / f"stripe {label}").mkdir(parents=True)
        for i in range(EACH):
            pixels = rng.integers(0, 120, (SIDE, SIDE, 3))
            pixels[:, 5 * label : 5 * label + 5] += 110
            Image.fromarray(pixels.astype(np.uint8)).save(folder / f"stripe {label}" / f"{i}.png")


def used(folder: Path) -> int:
    """Bytes that a folder takes on the disk, in blocks of 4 kB."""
    return sum(-(-path.lstat().st_size // 4096) * 4096 for path in folder.rglob("*"))


def results(folder: Path) -> Results:
    """The hash of everything that a run left, but for reports/run, which may differ between two honest runs."""
    files = [path for name in MADE for path in sorted((folder / name).rglob("*")) if path.is_file()]
    hashes = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if not path.is_relative_to(folder / "reports" / "run")
    }
    for stage, content in _stages(folder / "dvc.lock").items():
        for item in (*content.get("deps", ()), *content.get("outs", ())):
            if not item["path"].startswith("reports/run"):
                hashes[f"dvc.lock: {stage}, {item['path']}"] = item["md5"]
    return hashes


def _stages(lock: Path) -> dict[str, Any]:
    stages: dict[str, Any] = yaml.safe_load(lock.read_text(encoding="utf-8"))["stages"] if lock.exists() else {}
    return stages
