"""From an origin's images to a dataset: classes chosen, cut, split, counted, written."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from nnlabs import config as params
from nnlabs.core import paths
from nnlabs.data import material
from nnlabs.data.material import Material
from nnlabs.data.rows import save, statistics
from nnlabs.data.select import Groups, Indices, carve, groups, present, select
from nnlabs.core.files import replaced, write_json

Split = dict[str, tuple[str, Indices]]
"""Each part of the dataset: from which part of the origin, and which of its images."""


def prepare(name: str, settings: params.Dataset, edition: str, *, sample: bool = False) -> None:
    """Write `data/<name>`, its provenance and who served it.

    `sample` takes a folder with fewer pictures than the whole set has: classes that are not there are
    left out, and numbers that the settings ask for are cut to what is there.

    Raises
    ------
    UserError
        Where no source serves the origin, or the settings ask for what it does not have.
    """
    with material.of(name, settings, sample=sample) as given:
        chosen = groups(name, settings, given.classes)
        if sample:
            least = dict.fromkeys(given.parts, 1) | {"train": 1 if settings.validation is None else 2}
            chosen = present(name, chosen, {part: each.labels for part, each in given.parts.items()}, least)
        split = _split(name, settings, given, chosen, sample)
        with replaced(paths.dataset(name)) as aside:
            meta = _write(aside, given, split, chosen) | {
                "dataset": name,
                "edition": edition,
                "origin": settings.origin,
                "classes": list(chosen),
                "shape": list(given.shape),
                "sizes": {part: len(indices) for part, (_, indices) in split.items()},
                **given.provenance,
            }
            more: dict[str, Any] = {"split": {part: given.parts[of].told(ours) for part, (of, ours) in split.items()}}
            if given.named:
                more["named"] = given.named
            content = json.dumps(meta | more, sort_keys=True, ensure_ascii=False)
            (aside / "meta.json").write_text(content + "\n", encoding="utf-8")
    write_json(paths.provenance(name), meta)
    write_json(paths.served(name), given.served)


def _split(name: str, settings: params.Dataset, given: Material, chosen: Groups, sample: bool) -> Split:
    rng = np.random.default_rng(settings.seed)
    labels = {part: each.labels for part, each in given.parts.items()}
    kept = select(name, labels["train"], chosen, settings.train_per_class, rng, sample=sample)
    test = select(name, labels["test"], chosen, settings.test_per_class, rng, sample=sample)
    if settings.validation is None and "val" in labels:
        own = select(name, labels["val"], chosen, None, rng, sample=sample)
        return {"train": ("train", kept), "val": ("val", own), "test": ("test", test)}
    train, val = carve(name, kept, labels["train"], settings, sample=sample)
    return {"train": ("train", train), "val": ("train", val), "test": ("test", test)}


def _write(folder: Path, given: Material, split: Split, chosen: Groups) -> dict[str, Any]:
    """Write each part's arrays; return their hashes and the training part's statistics."""
    new_label = np.full(len(given.classes), -1, np.int64)
    for label, members in enumerate(chosen.values()):
        new_label[members] = label
    content: dict[str, str] = {}
    told: dict[str, Any] = {"content": content}
    for part, (of, indices) in split.items():
        content[f"{part}_images"], counts = save(folder / f"{part}_images.npy", given.parts[of].images, indices)
        labels = new_label[given.parts[of].labels[indices]]
        np.save(folder / f"{part}_labels.npy", labels)
        content[f"{part}_labels"] = hashlib.sha256(labels.data).hexdigest()
        if part == "train":
            told["mean"], told["deviation"] = statistics(counts)
    return told
