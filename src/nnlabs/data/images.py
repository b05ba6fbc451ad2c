"""From the files of an image folder to what a dataset is made of: all of one size, none that is left out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.data.image_file import LEFT_OUT
from nnlabs.data.material import Material, Part
from nnlabs.data.prepared import PARTS
from nnlabs.data.rows import Taken, pixels
from nnlabs.data.select import Indices
from nnlabs.data.shrink import Shrunk, shrink
from nnlabs.data.survey import ABSENT, Survey, shown

NAMED = 20
"""So many files of a kind are named in the log; all of them are in meta.json."""

ACROSS, WITHIN = "images identical to one of another part", "images identical to one before them in their part"
"""Kinds of images that are there twice."""

Flags = NDArray[np.bool_]
"""Of each image of a survey, whether something holds for it."""


@contextmanager
def decoded(name: str, found: Survey, size: int, *, to_box: bool) -> Iterator[Shrunk]:
    """The pixels of all images at one size, on the disk beside `data/<name>` while the block lasts."""
    aside = pixels(name)
    aside.parent.mkdir(parents=True, exist_ok=True)
    try:
        small = shrink(name, found.root, found.entries, size, aside, to_box=to_box)
        try:
            yield small
        finally:
            small.images.close()
    finally:
        aside.unlink(missing_ok=True)


def again(found: Survey, small: Shrunk) -> dict[str, Flags]:
    """Which images came before, pixel for pixel, by kind: training images are first, then validation, then test.

    So none that is learned from is among those that choose or test, nor after a validation part was carved from the
    training images; and none counts twice.
    """
    flags = {kind: np.zeros(len(found.entries), bool) for kind in (ACROSS, WITHIN)}
    part_of_first: dict[str, str] = {}
    for i in sorted(range(len(found.entries)), key=lambda i: PARTS.index(found.entries[i].part)):
        pixels, part = small.pixels[i], found.entries[i].part
        if pixels in part_of_first:
            flags[WITHIN if part_of_first[pixels] == part else ACROSS][i] = True
        elif pixels is not None:
            part_of_first[pixels] = part
    return flags


def usable(found: Survey, small: Shrunk, twice: Mapping[str, Flags]) -> dict[str, Indices]:
    """Of each part, the images that could be read and are not there `twice`."""
    whole = np.array([pixels is not None for pixels in small.pixels], bool)
    part_of = np.array([entry.part for entry in found.entries])
    kept = whole & ~np.logical_or.reduce(list(twice.values()))
    return {str(part): np.flatnonzero((part_of == part) & kept) for part in np.unique(part_of)}


def gathered(
    title: str,
    found: Survey,
    small: Shrunk,
    parts: Mapping[str, Indices],
    folders: Mapping[str, str],
    twice: Mapping[str, Flags],
    *,
    sample: bool,
) -> Material:
    """These images of each part; `twice` are those that were dropped because they are there already, by kind."""
    labels = np.array([entry.label for entry in found.entries], np.int64)
    again = {kind: [found.entries[i].path for i in np.flatnonzero(flags).tolist()] for kind, flags in twice.items()}
    named = {
        kind: [shown(path) for path in paths_of]
        for kind, paths_of in {**found.passed_over, **small.kinds, **again}.items()
        if paths_of
    }
    total = len(found.entries) + sum(len(names) for kind, names in found.passed_over.items() if kind != ABSENT)
    known: dict[str, Any] = {
        "origin_content": {"tree": found.tree},
        "images": {
            "parts": dict(folders),
            "files": total,
            "counts": {kind: len(names) for kind, names in named.items() if kind not in (ABSENT, *twice)},
            "duplicates": sum(map(len, again.values())),
            "merged": found.joined,
        },
    }
    if sample:
        known["sample"] = True
    channels, height, width = small.images.shape[1:]
    return Material(
        title,
        found.classes,
        (channels, height, width),
        {
            part: Part(
                Taken(small.images, indices),
                labels[indices],
                [shown(found.entries[i].path) for i in indices.tolist()],
            )
            for part, indices in parts.items()
        },
        known,
        named,
    )


def log(name: str, material: Material) -> None:
    """Name the files that were not simply taken."""
    for kind, files in material.named.items():
        done = " (left out)" if kind in (*LEFT_OUT, ACROSS, WITHIN) else ""
        more = f" and {len(files) - NAMED:,} more" if len(files) > NAMED else ""
        print(f"{name}: {len(files):,} {kind}{done}: {', '.join(map(repr, files[:NAMED]))}{more}", flush=True)
