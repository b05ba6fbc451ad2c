"""From an origin's images to a dataset: classes chosen, cut, split, counted, written."""

from typing import Any

import numpy as np

from nnlabs.core.errors import UserError
from nnlabs.data.material import Material
from nnlabs.data.prepared import PARTS, Writer, writing
from nnlabs.data.rows import Counts, pieces, shuffled
from nnlabs.data.select import Groups, Indices, carve, groups, present, select
from nnlabs.data.settings import FolderSettings, ImageSettings

Split = dict[str, tuple[str, Indices]]
"""Each part of the dataset: from which part of the origin, and which of its images."""


def prepare(
    name: str, settings: ImageSettings | FolderSettings, edition: str, given: Material, *, sample: bool
) -> None:
    """Write `data/<name>` of the images that are given.

    `sample` takes fewer images than the settings ask for: classes that are not there are left out, and numbers are cut
    to what is there.

    Raises
    ------
    UserError
        Where the settings ask for what the origin does not have.
    """
    chosen = groups(name, settings, given.title, given.classes)
    if sample:
        least = dict.fromkeys(given.parts, 1) | {"train": 1 if settings.validation is None else 2}
        chosen = present(name, chosen, {part: each.labels for part, each in given.parts.items()}, least)
    split = _split(name, settings, given, chosen, sample)
    meta: dict[str, Any] = {
        "dataset": name,
        "edition": edition,
        "origin": settings.origin,
        "classes": list(chosen),
        "shape": list(given.shape),
        "sizes": {part: len(indices) for part, (_, indices) in split.items()},
        "split": {part: given.parts[of].told(ours) for part, (of, ours) in split.items()},
        **given.known,
    }
    if given.named:
        meta["named"] = given.named
    order = settings.shuffle_pixels if isinstance(settings, ImageSettings) else None
    if order is not None:
        meta["shuffled_pixels"] = order
    with writing(name) as writer:
        mean, std = _write(writer, given, split, chosen, order)
        writer.meta(meta | {"mean": mean, "std": std})


def _split(name: str, settings: ImageSettings | FolderSettings, given: Material, chosen: Groups, sample: bool) -> Split:
    rng = np.random.default_rng(settings.seed)
    labels = {part: each.labels for part, each in given.parts.items()}
    kept = select(name, labels["train"], chosen, settings.train_per_class, rng, sample=sample)
    test = select(name, labels["test"], chosen, settings.test_per_class, rng, sample=sample)
    if settings.validation is None and "validation" in labels:
        own = select(name, labels["validation"], chosen, None, rng, sample=sample)
        return {"train": ("train", kept), "validation": ("validation", own), "test": ("test", test)}
    key = f"datasets.{name}.validation"
    if settings.validation is None:
        raise UserError(f"params.yaml: {key}: missing; {given.title} has no validation part")
    train, validation = carve(key, kept, labels["train"], settings.validation, settings.seed, sample=sample)
    return {"train": ("train", train), "validation": ("train", validation), "test": ("test", test)}


def _write(
    writer: Writer, given: Material, split: Split, chosen: Groups, order: int | None
) -> tuple[list[float], list[float]]:
    """Write each part's arrays; return mean and standard deviation of the training part's channels."""
    new_label = np.full(len(given.classes), -1, np.int64)
    for label, members in enumerate(chosen.values()):
        new_label[members] = label
    counts = {part: Counts(given.shape[0]) for part in PARTS}
    for part in PARTS:
        of, indices = split[part]
        images = pieces(given.parts[of].images, indices)
        images = counts[part].counted(images if order is None else shuffled(images, order))
        writer.images(part, images, len(indices), given.shape, np.uint8)
        writer.labels(part, new_label[given.parts[of].labels[indices]])
    return counts["train"].statistics()
