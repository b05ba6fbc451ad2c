"""What a dataset is made of: an origin's images with their labels, as arrays or as a folder of pictures."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnlabs.core import paths
from nnlabs.data import fetch, folders, shrink
from nnlabs.data.catalogue import ORIGINS, PICTURES, Images, Pictures
from nnlabs.data.pictures import LEFT_OUT, rule
from nnlabs.data.rows import Rows, Taken
from nnlabs.data.select import Indices, Labels
from nnlabs.data.survey import ABSENT, Survey, shown
from nnlabs.core.errors import UserError
from nnlabs.config import Dataset

NAMED = 20
"""So many files of a kind are named in the log; all of them are in meta.json."""


@dataclass(frozen=True)
class Part:
    """One of the origin's own parts."""

    images: Rows
    labels: Labels
    """In the origin: places in its classes."""
    files: list[str] | None = None
    """Of pictures, what each is called in the set's folder."""

    def told(self, indices: Indices) -> list[Any]:
        """What the dataset remembers of its images: their places in this part, or their files."""
        return indices.tolist() if self.files is None else [self.files[i] for i in indices.tolist()]


@dataclass(frozen=True)
class Material:
    classes: Sequence[str]
    shape: tuple[int, int, int]
    parts: dict[str, Part]
    """`train`, `test` and, where the origin has its own, `val`."""
    served: dict[str, Any]
    """Which source gave it."""
    provenance: dict[str, Any]
    """What is told of it besides: what it is recognised by, its licence, what became of its files."""
    named: dict[str, list[str]] = field(default_factory=dict)
    """Files that were no plain pictures, by kind."""


@contextmanager
def of(name: str, settings: Dataset, *, sample: bool) -> Iterator[Material]:
    """The images of the origin that the settings name; there while the block lasts.

    Raises
    ------
    UserError
        Where no source serves it, or the settings do not fit this kind of origin.
    """
    aside = paths.dataset(name).with_name(f".{name}.pixels")
    aside.unlink(missing_ok=True)  # what a run that was killed left, maybe in the other edition
    if settings.origin in ORIGINS:
        if sizes := [key for key, value in (("size", settings.size), ("crop_to_box", settings.crop_to_box)) if value]:
            raise UserError(
                f"params.yaml: datasets.{name}.{sizes[0]}: the images of {settings.origin} have one size; remove it"
            )
        yield _arrays(ORIGINS[settings.origin])
        return
    origin = PICTURES[settings.origin]
    if settings.size is None:
        raise UserError(f"params.yaml: datasets.{name}.size: missing; the pictures of {origin.name} differ in size")
    if settings.crop_to_box and origin.layout != "stanford_cars":
        raise UserError(f"params.yaml: datasets.{name}.crop_to_box: {origin.name} has no boxes; remove it")
    found, served = folders.fetch(origin, sample=sample)
    aside.parent.mkdir(parents=True, exist_ok=True)
    try:
        small = shrink.shrink(name, found.root, found.entries, settings.size, aside, to_box=settings.crop_to_box)
        try:
            material = _pictures(origin, found, small, served, settings.crop_to_box, sample)
            folders.remember(origin, found, str(served["source"]), sample=sample)
            _log(name, material.named)
            yield material
        finally:
            small.images.close()
    finally:
        aside.unlink(missing_ok=True)


def _arrays(origin: Images) -> Material:
    arrays, served = fetch.fetch(origin)
    parts = {part: Part(arrays[f"{part}_images"], arrays[f"{part}_labels"]) for part in ("train", "test")}
    provenance = {"origin_content": origin.content or origin.md5, "licence": vars(origin.licence)}
    return Material(origin.classes, origin.shape, parts, served, provenance)


def _pictures(
    origin: Pictures, found: Survey, small: shrink.Shrunk, served: dict[str, Any], to_box: bool, sample: bool
) -> Material:
    """The pictures that could be read, without those of the test part that another part has too."""
    whole = np.array([pixels is not None for pixels in small.pixels], bool)
    part_of = np.array([entry.part for entry in found.entries])
    seen = {pixels for pixels, part in zip(small.pixels, part_of, strict=True) if part != "test"}
    twice = np.array([pixels in seen for pixels in small.pixels], bool) & (part_of == "test") & whole
    labels = np.array([entry.label for entry in found.entries], np.int64)
    parts = {}
    for part in origin.parts:
        indices = np.flatnonzero((part_of == part) & whole & ~twice)
        files = [shown(found.entries[i].path) for i in indices.tolist()]
        parts[part] = Part(Taken(small.images, indices), labels[indices], files)
    duplicates = [found.entries[i].path for i in np.flatnonzero(twice).tolist()]
    named = {
        kind: [shown(path) for path in paths_of]
        for kind, paths_of in {**found.passed_over, **small.kinds, DUPLICATES: duplicates}.items()
        if paths_of
    }
    total = len(found.entries) + sum(len(names) for kind, names in found.passed_over.items() if kind != ABSENT)
    provenance: dict[str, Any] = {
        "origin_content": {"tree": found.tree},
        "licence": vars(origin.licence),
        "pictures": {
            "rule": rule(to_box=to_box),
            "parts": origin.parts,
            "files": total,
            "counts": {kind: len(names) for kind, names in named.items() if kind not in (ABSENT, DUPLICATES)},
            "duplicates": len(duplicates),
            "merged": found.joined,
        },
    }
    if sample:
        provenance["sample"] = True
    size = small.images.shape[1:]
    return Material(found.classes, (size[0], size[1], size[2]), parts, served, provenance, named)


DUPLICATES = "test pictures identical to one of another part"


def _log(name: str, named: dict[str, list[str]]) -> None:
    for kind, files in named.items():
        done = " (left out)" if kind in (*LEFT_OUT, DUPLICATES) else ""
        more = f" and {len(files) - NAMED:,} more" if len(files) > NAMED else ""
        print(f"{name}: {len(files):,} {kind}{done}: {', '.join(map(repr, files[:NAMED]))}{more}", flush=True)
