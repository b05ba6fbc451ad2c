"""A small copy of the project: every variant of params.yaml shrunk to two batches, on made data.

The copy is a git clone with the working tree's changes, its own DVC cache, and official-format
files of small made origins in a mirror; a `sitecustomize` tells the catalogue their sizes and
hashes, so that every stage runs as it is, data included, without network.
"""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nnlabs.data import idx
from nnlabs.data.catalogue import IDX_NAMES

PROJECT = Path.cwd()
TRAIN, TEST = 400, 200
"""Images of each made origin: enough for 5 validation images a class and two batches of 32."""

CATALOGUE = '''
import importlib.abc, importlib.util, sys

class Smaller(importlib.abc.MetaPathFinder):
    """Tells the catalogue of the made origins, once it is imported."""

    def find_spec(self, name, path, target=None):
        if name != "nnlabs.data.catalogue":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            import dataclasses, json, os
            made = json.load(open(os.environ["NNLABS_TEST_CATALOGUE"]))
            for key, changes in made.items():
                if key == module.WORD_TESTS.name:
                    module.WORD_TESTS = dataclasses.replace(module.WORD_TESTS, packages=(), **changes)
                    continue
                origins = module.ORIGINS if key in module.ORIGINS else module.TEXTS
                origins[key] = dataclasses.replace(origins[key], packages=(), **changes)

        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Smaller())
'''


def made_images(shape: tuple[int, int, int], n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a bright square whose place is the class."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(n) % 10).astype(np.uint8)
    images = rng.integers(0, 120, (n, *shape))
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(int(label), 4)
        image[:, 7 * row : 7 * row + 7, 7 * column : 7 * column + 7] += 110
    return images.astype(np.uint8), labels


def write_mirror(folder: Path) -> dict[str, dict[str, Any]]:
    """Official files of small made origins; what the catalogue must know of them."""
    import pickle
    from dataclasses import replace

    from nnlabs.data.catalogue import ORIGINS
    from nnlabs.data.layouts import content_hashes

    told = {}
    for seed, (name, origin) in enumerate(ORIGINS.items()):
        train, test = (made_images(origin.shape, n, seed + i) for i, n in enumerate((TRAIN, TEST)))
        arrays = {"train_images": train[0], "train_labels": train[1], "test_images": test[0], "test_labels": test[1]}
        if origin.folder:
            # the official reader takes five training batches as long as the test set
            arrays["train_images"], arrays["train_labels"] = made_images(origin.shape, 5 * TEST, seed)
            for i, file in enumerate(origin.unpacked):
                part, at = ("train", slice(i * TEST, (i + 1) * TEST)) if i < 5 else ("test", slice(None))
                images, labels = arrays[f"{part}_images"][at], arrays[f"{part}_labels"][at]
                content = {b"data": images.reshape(len(images), -1), b"labels": labels.tolist()}
                path = folder / name / origin.folder / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(pickle.dumps(content, 2))
        else:
            (folder / name).mkdir(parents=True)
            for file, array in zip(IDX_NAMES, arrays.values(), strict=True):
                packed = gzip.compress(idx.encode(array.reshape(len(array), *array.shape[2:])), mtime=0)
                (folder / name / f"{file}.gz").write_bytes(packed)
        sizes = {"train": len(arrays["train_labels"]), "test": len(arrays["test_labels"])}
        told[name] = sizes | {"content": content_hashes(replace(origin, **sizes), arrays)}
    told |= write_texts(folder)
    (folder / "catalogue.json").write_text(json.dumps(told))
    return told


def write_texts(folder: Path) -> dict[str, dict[str, Any]]:
    """A made text of the words that params.yaml asks after, and made tests of them, in the packages' layouts."""
    from nnlabs.data.catalogue import SPEECHES, TEST_FILES, WORD_TESTS
    from nnlabs.data.layouts import LAYOUTS, content_hashes

    asked = yaml.safe_load((PROJECT / "params.yaml").read_text())["studies"]["words"]
    groups = [asked["neighbours"], *asked["analogies"], *asked["map"].values()]
    words = sorted({word for group in groups for word in group})
    rng = np.random.default_rng(0)
    documents = {f"{1790 + i}_made.txt": " ".join(rng.choice(words, 900)) for i in range(3)}
    pairs = "# a comment\n# another\n" + "".join(f"{a}\t{b}\t{i % 10}.00\n" for i, (a, b) in enumerate(pairwise(words)))
    questions = ": family\n" + "".join(f"{' '.join(words[i : i + 4])}\n" for i in range(0, 40, 4))
    tests = dict(zip(TEST_FILES, (pairs, questions), strict=True))
    told = {}
    for origin, texts in ((SPEECHES, documents), (WORD_TESTS, tests)):
        contents = {f"{origin.folder}/{name}": text.encode() for name, text in texts.items()}
        for name, content in contents.items():
            (folder / origin.name / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / origin.name / name).write_bytes(content)
        read = LAYOUTS[origin.layout](origin, {Path(name).name: content for name, content in contents.items()})
        told[origin.name] = {"content": content_hashes(origin, read)}
    return told


def shrunk(raw: dict[str, Any]) -> dict[str, Any]:
    """Two batches an epoch, one epoch, one seed, small networks: every variant's and study's code, in a moment."""
    for data in raw["datasets"].values():
        if "validation" not in data:  # a text
            data["min_count"] = 1
            continue
        data["validation"] = 50 if data["validation"] >= 1 else data["validation"]
        for key, most in (("train_per_class", 40), ("test_per_class", 10)):
            if key in data:
                data[key] = most
    for settings in [*(lab["defaults"] for lab in raw["labs"].values()), *raw["variants"].values()]:
        for key, value in (("epochs", 1), ("seeds", [0]), ("threads", 1), ("batch_size", 256)):
            if key in settings:
                settings[key] = value
    for variant in raw["variants"].values():
        if "channels" in variant:
            variant["channels"] = [4 + i for i in range(len(variant["channels"]))]
    # twins by now: the batch size of the grid is the only difference between some arms
    for name, variant in raw["variants"].items():
        if name.endswith("-b32"):
            variant["batch_size"] = 64
    for name, settings in SHORT.items():
        section, study, *inner = name.split(".")
        content = raw[section][study]
        for key in inner:
            content = content[key]
        content |= settings
    return raw


SHORT: dict[str, dict[str, Any]] = {
    "exercises.descent": {"iterations": 200, "agreement_steps": 5},
    "exercises.regression.sigmoid": {"iterations": 50, "snapshots": [20, 50], "seeds": [0]},
    "exercises.regression.cosine": {"iterations": 50, "snapshots": [20, 50], "seeds": [0]},
    "exercises.xor.corners": {"iterations": 20, "points": 40, "seeds": [0]},
    "exercises.xor.classes": {"epochs": 2, "points": 40, "seeds": [0]},
    "studies.gradients": {"depths": [2, 3], "width": 8, "batch_size": 16, "steps": 2, "seeds": [0]},
    "studies.byhand": {"images": 64, "channels": [4, 5], "epochs": 2, "compared_steps": 2, "seeds": [0]},
    "studies.sobel": {"images": 20, "shown": 2, "steps": 5, "batch_size": 4},
    "studies.words": {"dimensions": 8, "epochs": 1, "seeds": [0]},
}
"""What makes an exercise or a study short."""


class Copy:
    """A checkout to run commands in."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment

    def run(
        self, *command: str, check: bool = True, seconds: float = 600, **extra: str
    ) -> subprocess.CompletedProcess[str]:
        environment = self.environment | extra
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=seconds
        )
        assert not check or done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done

    def git(self, *arguments: str) -> str:
        return self.run("git", "-c", "user.name=t", "-c", "user.email=t@localhost", *arguments).stdout

    @property
    def params(self) -> dict[str, Any]:
        content: dict[str, Any] = yaml.safe_load((self.folder / "params.yaml").read_text())
        return content

    @params.setter
    def params(self, content: dict[str, Any]) -> None:
        (self.folder / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))

    def files(self, *patterns: str) -> dict[str, bytes]:
        """The content of all files that match."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for pattern in patterns
            for path in sorted(self.folder.glob(pattern))
            if path.is_file()
        }


FAST, OTHER = "objects3-lr0p001-h50-b32", "objects3-lr0p001-h50-b128"
TRACKED = ("reports/*.md", "reports/[!r]*/**/*", "dvc.lock")
"""All that must be the same twice: reports/run is left out."""


def changed_stages(copy: Copy) -> set[str]:
    return set(json.loads(copy.run("dvc", "status", "--json").stdout))


def ran(text: str) -> set[str]:
    """The stages that a repro says it ran."""
    return set(re.findall(r"Running stage '([^']+)'", text))


def lock(copy: Copy) -> dict[str, Any]:
    """dvc.lock without what may differ between two honest runs."""
    stages = yaml.safe_load((copy.folder / "dvc.lock").read_text())["stages"]
    return {
        name: [item for kind in ("deps", "outs") for item in stage[kind] if not item["path"].startswith("reports/run")]
        for name, stage in stages.items()
    }


@pytest.fixture(scope="session")
def copy_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Copy]:
    """Make a copy with these variants (all where none are named), committed."""
    shared = tmp_path_factory.mktemp("shared")
    write_mirror(shared / "mirror")
    (shared / "site").mkdir()
    (shared / "site" / "sitecustomize.py").write_text(CATALOGUE)
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(shared / "site"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NNLABS_MIRROR": str(shared / "mirror"),
        "NNLABS_TEST_CATALOGUE": str(shared / "mirror" / "catalogue.json"),
        "OMP_NUM_THREADS": "1",
        "DVC_NO_ANALYTICS": "true",
        "GIT_AUTHOR_NAME": "t",
        "GIT_AUTHOR_EMAIL": "t@localhost",
        "GIT_COMMITTER_NAME": "t",
        "GIT_COMMITTER_EMAIL": "t@localhost",
    }
    environment.pop("NNLABS_CACHE", None)

    def copy(*variants: str, change: Callable[[dict[str, Any]], None] = lambda raw: None) -> Copy:
        folder = tmp_path_factory.mktemp("copy") / "nnlabs"
        for name in tracked:
            source = PROJECT / name
            # without results: the copy makes its own
            if name and source.is_file() and not name.startswith("reports/") and name != "dvc.lock":
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, folder / name)
        made = Copy(folder, environment)
        raw = shrunk(made.params)
        if variants:
            raw["variants"] = {name: raw["variants"][name] for name in variants}
            labs = {variant["lab"] for variant in raw["variants"].values()}
            raw["labs"] = {name: lab for name, lab in raw["labs"].items() if name in labs}
            raw["exercises"] = {"backprop": raw["exercises"]["backprop"]}
            raw["studies"] = {}
            kept = {lab["dataset"] for lab in raw["labs"].values()}
            raw["datasets"] = {name: data for name, data in raw["datasets"].items() if name in kept}
        change(raw)
        made.params = raw
        made.git("init", "-q", "-b", "main")
        made.git("add", "-A")
        made.git("commit", "-qm", "A copy")
        return made

    return copy
