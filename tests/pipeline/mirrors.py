"""Official-format files of small made origins in a mirror, and a catalogue that knows them and no other source.

Every stage is a process of its own: a `sitecustomize` on its path tells its catalogue the sizes and
hashes of what was made, and takes away all sources but the mirror.
"""

import gzip
import hashlib
import json
import pickle
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import official
from nnlabs.data import idx
from nnlabs.data.catalogue import origins
from nnlabs.data.catalogue.idx import IDX_NAMES
from nnlabs.data.catalogue.kinds import Images
from nnlabs.data.catalogue.origins.cifar100 import ORIGIN as CIFAR100
from nnlabs.data.catalogue.origins.speeches import ORIGIN as SPEECHES
from nnlabs.data.catalogue.weights import WEIGHTS
from nnlabs.data.catalogue.words import TEST_FILES, WORD_TESTS
from nnlabs.data.layouts import LAYOUTS, content_hashes
from nnlabs.data.weights import FOLDER

TRAIN, TEST = 400, 200
"""Images of each made origin: enough for 5 validation images a class and two batches of 32."""
TOLD = "NNLABS_TEST_CATALOGUE"
"""Names the file of what differs from the catalogue, by origin or backbone."""
Told = dict[str, dict[str, Any]]

SITE = f'''
import importlib.abc, importlib.util, sys

CATALOGUE = "nnlabs.data.catalogue."

class Smaller(importlib.abc.MetaPathFinder):
    """Changes each module of the catalogue once it is imported, before anyone has taken a name from it."""

    asked = None

    def find_spec(self, name, path, target=None):
        described = name.startswith(CATALOGUE + "origins.") or name in (CATALOGUE + "weights", CATALOGUE + "words")
        if not described or name == self.asked:
            return None
        self.asked = name
        spec = importlib.util.find_spec(name)
        self.asked = None
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            import json, os
            from dataclasses import replace
            from pathlib import Path
            told = json.loads(Path(os.environ["{TOLD}"]).read_text())

            def mirrored(origin):
                files = {{"files": tuple(replace(file, urls=()) for file in origin.files)}}
                return replace(origin, packages=(), **(files | told.get(origin.name, {{}})))

            for title in ("ORIGIN", "WORD_TESTS"):
                if hasattr(getattr(module, title, None), "packages"):
                    setattr(module, title, mirrored(getattr(module, title)))
            for backbone, weights in getattr(module, "WEIGHTS", {{}}).items():
                module.WEIGHTS[backbone] = replace(weights, urls=(), packages=(), **told.get(backbone, {{}}))

        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Smaller())
'''


def write_site(folder: Path) -> None:
    """What stands first on every stage's path."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SITE)
    (folder / "kagglehub.py").write_text("raise ImportError\n")


def write(folder: Path, params: Path) -> None:
    """A mirror of all that params.yaml asks for in the embedded edition, and `catalogue.json`."""
    raw = yaml.safe_load(params.read_text())
    embedded = {each["origin"] for each in raw["datasets"].values()}
    told: Told = {}
    for seed, name in enumerate(sorted(embedded & set(origins.names()))):
        if isinstance(origin := origins.origin(name), Images):
            told |= _arrays(folder, origin, seed)
    told |= _texts(folder, raw["labs"]["words"])
    for backbone in sorted({each["backbone"] for each in raw["features"].values()}):
        told |= weights(folder, backbone)
    (folder / "catalogue.json").write_text(json.dumps(told))


def made_images(shape: tuple[int, int, int], n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a bright square whose place is the class."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(n) % 10).astype(np.uint8)
    images = rng.integers(0, 120, (n, *shape))
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(int(label), 4)
        image[:, 7 * row : 7 * row + 7, 7 * column : 7 * column + 7] += 110
    return images.astype(np.uint8), labels


def _arrays(folder: Path, origin: Images, seed: int) -> Told:
    train, test = (made_images(origin.shape, n, seed + i) for i, n in enumerate((TRAIN, TEST)))
    arrays = {"train_images": train[0], "train_labels": train[1], "test_images": test[0], "test_labels": test[1]}
    if origin.folder:
        # the official reader takes five training batches as long as the test set
        arrays["train_images"], arrays["train_labels"] = made_images(origin.shape, 5 * TEST, seed)
        for i, file in enumerate(origin.unpacked):
            part, at = ("train", slice(i * TEST, (i + 1) * TEST)) if i < 5 else ("test", slice(None))
            images, labels = arrays[f"{part}_images"][at], arrays[f"{part}_labels"][at]
            content = {b"data": images.reshape(len(images), -1), b"labels": labels.tolist()}
            _put(folder / origin.name / origin.folder / file, pickle.dumps(content, 2))
    else:
        for file, array in zip(IDX_NAMES, arrays.values(), strict=True):
            packed = gzip.compress(idx.encode(array.reshape(len(array), *array.shape[2:])), mtime=0)
            _put(folder / origin.name / f"{file}.gz", packed)
    sizes = {"train": len(arrays["train_labels"]), "test": len(arrays["test_labels"])}
    return {origin.name: sizes | {"content": content_hashes(replace(origin, **sizes), arrays)}}


def _texts(folder: Path, asked: dict[str, Any]) -> Told:
    """A made text of the words that the lab asks after, and made tests of them, in the packages' layouts."""
    groups = [asked["neighbours"], *asked["analogies"], *asked["map"].values()]
    words = sorted({word for group in groups for word in (group.split() if isinstance(group, str) else group)})
    rng = np.random.default_rng(0)
    documents = {f"{1790 + i}_made.txt": " ".join(rng.choice(words, 900)) for i in range(3)}
    pairs = "# a comment\n# another\n" + "".join(f"{a}\t{b}\t{i % 10}.00\n" for i, (a, b) in enumerate(pairwise(words)))
    questions = ": family\n" + "".join(f"{' '.join(words[i : i + 4])}\n" for i in range(0, 40, 4))
    tests = dict(zip(TEST_FILES, (pairs, questions), strict=True))
    told: Told = {}
    for origin, texts in ((SPEECHES, documents), (WORD_TESTS, tests)):
        contents = {name: text.encode() for name, text in texts.items()}
        for name, content in contents.items():
            _put(folder / origin.name / str(origin.folder) / name, content)
        told[origin.name] = {"content": content_hashes(origin, LAYOUTS[origin.layout](origin, contents))}
    return told


def cifar100(folder: Path, classes: tuple[str, ...], train: int, test: int) -> Told:
    """CIFAR-100's official files, unpacked, with so many images of each of these classes."""
    labels = [CIFAR100.classes.index(name) for name in classes]
    contents = {}
    for seed, (name, n) in enumerate((("train", train), ("test", test))):
        images, _ = made_images(CIFAR100.shape, n * len(labels), seed)
        rows = {b"data": images.reshape(len(images), -1), b"fine_labels": labels * n}
        contents[name] = pickle.dumps(rows, 2)
    contents["meta"] = pickle.dumps({b"fine_label_names": [name.encode() for name in CIFAR100.classes]}, 2)
    for name, content in contents.items():
        _put(folder / str(CIFAR100.folder) / name, content)
    md5 = {name: hashlib.md5(content, usedforsecurity=False).hexdigest() for name, content in contents.items()}
    return {CIFAR100.name: {"train": train * len(labels), "test": test * len(labels), "md5": md5}}


def weights(folder: Path, backbone: str) -> Told:
    """A weights file of torchvision's exact keys."""
    content, sha256 = official.file(backbone)
    _put(folder / FOLDER / WEIGHTS[backbone].file, content)
    return {backbone: {"sha256": sha256}}


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
