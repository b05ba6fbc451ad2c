"""Everything that reads a file which may come damaged: downloads, texts, knobs, and what the project itself wrote.

Made small here, in the form in which each is had, so that a reader takes a moment.
"""

import gzip
import hashlib
import json
import pickle
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from nnlabs.config import whole
from nnlabs.config.write import compose
from nnlabs.core import paths, record, settings
from nnlabs.data import archives, corpus, idx, image_file, layouts, prepared, survey, text, unpack
from nnlabs.data.catalogue import origins
from nnlabs.data.catalogue.idx import IDX_NAMES
from nnlabs.data.catalogue.kinds import ARRAYS, ImageFolder, Images
from nnlabs.evaluation import outcomes
from nnlabs.models import weights
from nnlabs.pipeline.lockfile import LockFile
from nnlabs.pipeline.plan import recorded_seconds
from nnlabs.pipeline.torture import made
from nnlabs.reporting import tracked
from nnlabs.reporting.results import collect
from nnlabs.training.checkpoint import Checkpoints
from nnlabs.training.settings import Variant


@dataclass(frozen=True)
class Reader:
    """One reader and the file that it reads."""

    name: str
    path: Path
    read: Callable[[], Any]
    """Read the file; UserError where it cannot be."""
    exact: bool = False
    """Whether a hash tells altered content: it is read as it was, or refused, or None is given for it."""
    share: float = 1.0
    """How often it is tried, to the others: what takes a process or a second each is tried less."""


def readers(scratch: Path, checkout: Path) -> list[Reader]:
    """All readers, in the folder of a small run that has ended; `scratch` is for files that are made here.

    `checkout` is where computed results of the labs may lie.
    """
    return [*_knobs(), *_downloads(scratch), *_made(scratch), *_left(), *_computed(checkout)]


def _knobs() -> Iterator[Reader]:
    yield Reader("params.yaml", paths.PARAMS, whole.load)


def _downloads(scratch: Path) -> Iterator[Reader]:
    mnist, cifar10, cifar100 = (origins.origin(name) for name in ("mnist", "cifar10", "cifar100"))
    assert isinstance(mnist, Images) and isinstance(cifar10, Images) and isinstance(cifar100, Images)
    grey, colour = made.arrays(mnist), made.arrays(cifar10)
    raw = {name: idx.encode(made.flat(grey[part])) for part, name in zip(ARRAYS, IDX_NAMES, strict=True)}
    packed = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in raw.items()}
    yield from _layout(scratch, mnist, "idx_files", raw, grey, "IDX")
    yield from _layout(scratch, mnist, "idx_files", packed, grey, "IDX in gzip")
    rows = {"train.csv": made.table(grey, "train"), "test.csv": made.table(grey, "test")}
    yield from _layout(scratch, mnist, "csv_members", rows, grey, "tables of pixels")
    batches = [(colour["train_images"], colour["train_labels"])] * 5 + [(colour["test_images"], colour["test_labels"])]
    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    five = colour | {f"train_{what}": np.concatenate([colour[f"train_{what}"]] * 5) for what in ("images", "labels")}
    pickled = {name: made.batch(*batch, b"labels") for name, batch in zip(names, batches, strict=True)}
    yield from _layout(scratch, cifar10, "cifar10_files", pickled, five, "pickles of CIFAR-10")
    fine = {name: made.batch(*batch, b"fine_labels") for name, batch in (("train", batches[0]), ("test", batches[5]))}
    meta = pickle.dumps({b"fine_label_names": [name.encode() for name in cifar100.classes]}, 2)
    yield from _layout(scratch, cifar100, "cifar100_files", fine | {"meta": meta}, colour, "pickles of CIFAR-100")
    listed = {f"{i}.png": made.png(images) for i, (images, _) in enumerate(batches)}
    labels = {f"{part}.json": json.dumps(five[f"{part}_labels"].tolist()).encode() for part in ("train", "test")}
    yield from _layout(scratch, cifar10, "png_members", listed | labels, five, "PNG of many images")
    yield from _archives(scratch, pickled)


def _layout(
    scratch: Path, origin: Images, layout: str, contents: dict[str, bytes], arrays: layouts.Arrays, title: str
) -> Iterator[Reader]:
    """Each of the files of a download, read with all others whole and compared with the catalogue's hashes."""
    known = replace(origin, train=len(arrays["train_labels"]), test=len(arrays["test_labels"]), md5={})
    known = replace(known, content=layouts.content_hashes(known, arrays))
    kinds = {name: content for name, content in contents.items() if name not in ("data_batch_2", "1.png", "2.png")}
    for name, content in kinds.items():
        path = made.put(scratch / f"{layout}-{name}", content)

        def read(path: Path = path, name: str = name) -> str:
            read = layouts.read(layout, known, contents | {name: path.read_bytes()})
            return repr(layouts.content_hashes(known, read))

        yield Reader(title, path, read, exact=True, share=1 / len(kinds))


def _archives(scratch: Path, contents: dict[str, bytes]) -> Iterator[Reader]:
    packed = {
        "archive.zip": made.zipped(contents, zipfile.ZIP_DEFLATED),
        "archive.tar.gz": gzip.compress(made.tarred(contents), mtime=0),
        "archive.tar": made.tarred(contents),
    }
    for name, content in packed.items():
        path, target = made.put(scratch / name, content), scratch / "unpacked"

        def unpacked(path: Path = path, target: Path = target) -> list[str]:
            shutil.rmtree(target, ignore_errors=True)
            unpack.unpack(path, target)
            # under which names, and whether all came, the tree's hash decides
            return sorted(_hash(each.read_bytes()) for each in target.rglob("*") if each.is_file())

        yield Reader(f"{path.name.removeprefix('archive')} of a folder", path, unpacked)
        if name != "archive.tar":
            path = made.put(scratch / f"member-{name}", content)

            def member(path: Path = path) -> dict[str, bytes]:
                return archives.members(path, ("data_batch_1", "test_batch"))

            yield Reader(f"members of {path.name.removeprefix('member-archive')}", path, member)


def _made(scratch: Path) -> Iterator[Reader]:
    """Files that people bring, and texts."""
    pairs = "# two lines\n# of comment\n" + "".join(f"war{i}\tpeace{i}\t{i % 10}.50\n" for i in range(40))
    questions = ": family\n" + "king queen man woman\n" * 10 + ": money\n" + "france franc spain peseta\n" * 10
    for title, content, read in (
        ("pairs of words", pairs, text.read_similarities),
        ("analogies", questions, text.read_questions),
    ):
        path = made.put(scratch / f"{title}.txt", content.encode())
        yield Reader(title, path, lambda path=path, read=read: read(layouts.decoded(path.name, path.read_bytes())))  # type: ignore[misc]
    path = made.put(scratch / "own.png", made.png(np.zeros((9, 3, 3, 3), np.uint8)))
    yield Reader("a picture of one's own", path, lambda: image_file.read(path, 8))
    cars = origins.origin("cars")
    assert isinstance(cars, ImageFolder)
    for name in made.annotations(scratch / "cars"):
        yield Reader(
            "MATLAB annotations",
            scratch / "cars" / name,
            lambda: survey.LAYOUTS[cars.layout](cars, scratch / "cars", True),
            share=0.003,
        )


def _left() -> Iterator[Reader]:
    """What stages of a run left for others: of one MLP, its dataset and its lab."""
    told = [
        settings.read("train", path.stem).parameters["variant"]
        for path in sorted((paths.SETTINGS / "train").glob("*.json"))
    ]
    variant = next(each for each in told if each["model"] == "mlp")
    key, lab, dataset = variant["id"], variant["lab"], variant["dataset"]
    for file in sorted(paths.dataset(dataset).iterdir()):
        title = "meta.json" if file.suffix == ".json" else "prepared arrays"
        yield Reader(title, file, lambda: prepared.load(dataset), share=1 if title == "meta.json" else 0.2)
    corpus.write("text", made.small_corpus())
    for file in sorted(paths.dataset("text").iterdir()):
        yield Reader("a prepared text", file, lambda: corpus.load("text"), share=0.2)
    trained = paths.weights(key, variant["training"]["seeds"][0])
    yield Reader("weights", trained, lambda: weights.restore(trained), share=2)
    saved = Checkpoints(paths.cache() / "checkpoints" / "torture")
    saved.folder.mkdir(parents=True, exist_ok=True)
    network, config = weights.restore(trained)
    learners, state = [{"network": network.state_dict()}], {"epoch": 3, "history": [config["validation"]] * 3}
    saved.save("run", {"learners": learners, "state": state})
    (path,) = saved.folder.iterdir()
    yield Reader("a checkpoint", path, lambda: _plain(saved.load("run")), exact=True, share=2)
    yield Reader(
        "settings of a training",
        paths.settings("train", key),
        lambda: Variant.of(settings.read("train", key).parameters["variant"]),
    )
    page = settings.read("page", lab).parameters
    data = paths.computed(lab) / "results.json"
    for file in (paths.scores(lab, key), paths.history(lab, key), outcomes.path(lab, key), data):
        yield Reader(f"results, {file.name}", file, lambda: collect(page), share=0.5)
    yield Reader("results, gallery.npy", paths.gallery(lab, key), lambda: tracked.gallery(lab, key), share=0.5)
    yield Reader("a run's record", paths.run_record(lab, key), lambda: recorded_seconds(variant))
    lock = paths.ROOT / "dvc.lock"
    yield Reader("dvc.lock", lock, lambda: LockFile(lock, []))
    for name in ("sources.json", "variants.json"):
        composed = paths.cache() / name
        yield Reader(
            "what settings remember", composed, lambda: _hash(repr(compose()).encode()), exact=True, share=0.05
        )


def _computed(checkout: Path) -> Iterator[Reader]:
    """What the labs that compute left, where the checkout has it: each lab has a form of its own."""
    for folder in sorted((checkout / "reports" / "results").glob("*/computed")):
        lab = folder.parent.name
        if find_spec(f"nnlabs.labs.{lab}.results") is None:
            continue
        kind = import_module(f"nnlabs.labs.{lab}.results").Results
        shutil.copytree(folder, paths.computed(lab), dirs_exist_ok=True)
        for file in sorted(paths.computed(lab).iterdir()):
            read = _bound(lab, kind)
            yield Reader(f"computed {file.name}", file, read, share=0.1)


def _bound(lab: str, kind: type) -> Callable[[], Any]:
    return lambda: record.read(lab, kind)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _plain(state: Any) -> Any:
    """A checkpoint as something that can be compared to the bit; None where it is not taken."""
    if isinstance(state, dict):
        return {key: _plain(each) for key, each in state.items()}
    if isinstance(state, list):
        return [_plain(each) for each in state]
    return _hash(state.numpy().tobytes()) if isinstance(state, Tensor) else state
