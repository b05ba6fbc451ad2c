"""What an image folder holds: every image with its part, class and box, before any is decoded."""

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnlabs.core.errors import UserError, said, shortened
from nnlabs.data import matlab
from nnlabs.data.catalogue.kinds import ImageFolder
from nnlabs.data.download import file_hash
from nnlabs.data.image_file import SUFFIXES, Box
from nnlabs.data.matlab import Variable
from nnlabs.telling.progress import CountProgress

SYSTEM = ("thumbs.db", "desktop.ini", "__macosx")
"""Hidden on their own systems; so is every name that begins with a dot."""
ABSENT = "annotated, but not there"
FEWER = "params.yaml's sample: true takes fewer"
NAMED = 3
"""So many files of a kind are named where there are too few images."""


@dataclass(frozen=True)
class Entry:
    """One image file."""

    path: str
    """From the set's folder on, with slashes."""
    part: str
    label: int
    box: Box | None
    sha256: str


@dataclass(frozen=True)
class Survey:
    """All images of a set, sorted by part and path."""

    root: Path
    classes: list[str]
    entries: list[Entry]
    passed_over: dict[str, list[str]]
    """Files that are no part of the set, by kind."""
    joined: dict[str, list[str]]
    """Classes whose folders differ by blanks or case, with all their spellings."""

    @property
    def tree(self) -> str:
        """sha256 of all names and contents, boxes and classes included."""
        told = [[entry.path, entry.label, entry.box, entry.sha256] for entry in self.entries]
        return hashlib.sha256(json.dumps([self.classes, told], ensure_ascii=True).encode()).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum((self.root / entry.path).stat().st_size for entry in self.entries)


@dataclass
class Found:
    """What a reader finds: images as (part, path, class or label, box), and what is beside them."""

    images: list[tuple[str, Path, Any, Box | None]] = field(default_factory=list)
    passed_over: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    joined: dict[str, list[str]] = field(default_factory=dict)
    classes: list[str] = field(default_factory=list)


def survey(origin: ImageFolder, root: Path, *, sample: bool) -> Survey:
    """List and hash every image of the set that lies in a folder.

    Raises
    ------
    UserError
        Where classes or images are more or fewer than the set has; of a sample, where too few
        are there to train and test on.
    """
    found = LAYOUTS[origin.layout](origin, root, sample)
    if not sample:  # of a sample, how many suffice is known once they are decoded
        _check(origin, found)
    return hashed(origin.name, root, found)


def hashed(title: str, root: Path, found: Found) -> Survey:
    """Sort and hash the images that were found in a folder."""
    entries = []
    with CountProgress(f"{title}: checking", len(found.images), "images") as progress:
        for part, path, label, box in sorted(found.images, key=lambda each: (each[0], each[1].as_posix())):
            entries.append(Entry(path.relative_to(root).as_posix(), part, label, box, file_hash(path, "sha256")))
            progress.add(1)
    passed_over = {kind: sorted(names) for kind, names in found.passed_over.items()}
    return Survey(root, found.classes, entries, passed_over, found.joined)


def _check(origin: ImageFolder, found: Found) -> None:
    beside = "".join(f"; {len(names):,} {kind} ({_some(names)})" for kind, names in found.passed_over.items())
    classes = found.classes
    known = len(classes) if isinstance(origin.classes, int) else tuple(classes)
    if known != origin.classes:
        wanted = origin.classes if isinstance(origin.classes, int) else ", ".join(origin.classes)
        named = "" if isinstance(origin.classes, int) else f": {', '.join(classes[:5])}"
        raise UserError(f"{len(classes)} classes found{named}; {origin.name} has {wanted}{beside}")
    counts = {part: sum(image[0] == part for image in found.images) for part in origin.parts}
    if counts != origin.counts:
        told = [
            f"{n:,} {part} images found, {needed:,} needed"
            for part, needed in origin.counts.items()
            if (n := counts[part]) != needed
        ]
        raise UserError(f"{'; '.join(told)}{beside} ({FEWER})")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(map(shown, sorted(names)[:NAMED])) + more


def class_folders(origin: ImageFolder, root: Path, sample: bool) -> Found:
    """A folder a class in each part's folder, as torchvision's ImageFolder takes them."""
    return by_class(root, origin.parts)


def by_class(root: Path, parts: Mapping[str, str]) -> Found:
    """The images of parts that have a folder a class each; `.` is the folder itself, all of it one part."""
    found = Found()
    spellings: dict[str, list[tuple[str, str]]] = {}
    for part, folder in parts.items():  # training first: as it spells a class, so it is called
        for path in _files(root, folder, found):
            written = path.relative_to(root / folder).parts[0]
            if written == path.name:
                found.passed_over["outside the classes' folders"].append(path.relative_to(root).as_posix())
                continue
            key = " ".join(written.split()).casefold()
            if (folder, written) not in (others := spellings.setdefault(key, [])):
                others.append((folder, written))
            found.images.append((part, path, key, None))
    for key in sorted(spellings):
        names = [written for _, written in spellings[key]]
        found.classes.append(shown(" ".join(names[0].split())))
        if len(set(names)) > 1:
            found.joined[found.classes[-1]] = [shown(Path(*both).as_posix()) for both in spellings[key]]
    place = {key: i for i, key in enumerate(sorted(spellings))}
    found.images = [(part, path, place[key], box) for part, path, key, box in found.images]
    return found


def _files(root: Path, folder: str, found: Found) -> Iterator[Path]:
    """The image files below a part's folder, in the order of their names."""
    if not (root / folder).is_dir():
        raise UserError(f"{root / folder}: no such folder")
    for where, folders, files in os.walk(root / folder):
        for name in [*folders, *files]:
            path = Path(where, name)
            kind = None
            if path.is_symlink() and (name in folders or not path.resolve().is_relative_to(root.resolve())):
                kind = "links"
            elif name in files and not (name.lower().endswith(SUFFIXES) and path.is_file()):
                kind = "no image's suffix"
            if kind and not hidden(name):
                found.passed_over[kind].append(path.relative_to(root).as_posix())
            elif name in files and not kind and not hidden(name):
                yield path
        folders[:] = sorted(name for name in folders if not hidden(name))


def shown(path: str) -> str:
    """A file's name for people to read, whatever bytes it is made of."""
    return os.fsencode(path).decode("utf-8", "replace")


def hidden(name: str) -> bool:
    """Whether a file or folder of this name is none of the set's."""
    return name.startswith(".") or name.lower() in SYSTEM


def stanford_cars(origin: ImageFolder, root: Path, sample: bool) -> Found:
    """Images, classes and boxes as the .mat annotations of Stanford Cars name them."""
    devkit = root / "devkit"
    test = next((path for path in (root / TEST, devkit / TEST) if path.is_file()), root / TEST)
    wanted = (
        Variable(devkit / "cars_meta.mat", "class_names"),
        Variable(devkit / "cars_train_annos.mat", "annotations", ANNOTATION),
        Variable(test, "annotations", ANNOTATION),
    )
    if missing := [each.path.relative_to(root).as_posix() for each in wanted if not each.path.is_file()]:
        raise UserError(f"{root} lacks {', '.join(missing)}")
    if not sample and (md5 := file_hash(test, "md5")) != origin.md5[TEST]:
        raise UserError(f"{test}: another file (md5 {md5}); {origin.md5[TEST]} is needed ({FEWER})")
    names, *annotations = matlab.read(wanted)
    found = Found(classes=[str(name) for (name,) in names])
    for part, source, rows in zip(("train", "test"), wanted[1:], annotations, strict=True):
        listed = dict(_annotated(source.path, row, len(found.classes)) for row in rows)
        folder = origin.parts[part]
        for path in _files(root, folder, found):
            inside = path.relative_to(root / folder).as_posix()
            if inside in listed:
                found.images.append((part, path, *listed.pop(inside)))
            else:
                found.passed_over["without annotation"].append(f"{folder}/{inside}")
        if listed:
            found.passed_over[ABSENT].extend(f"{folder}/{name}" for name in sorted(listed))
    return found


TEST = "cars_test_annos_withlabels.mat"
ANNOTATION = ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2", "class", "fname")


def _annotated(path: Path, row: matlab.Row, classes: int) -> tuple[str, tuple[int, Box]]:
    """A row of ANNOTATION as the file's name, its label and its box."""
    *numbers, name = row
    try:
        left, top, right, bottom, label = map(int, numbers)
    except ValueError as error:
        raise UserError(f"{path}: not Stanford Cars' annotations ({said(error)})") from None
    if not 1 <= label <= classes:
        raise UserError(f"{path}: class {label} found; 1 to {classes} are known")
    return shortened(str(name)), (label - 1, (left - 1, top - 1, right, bottom))  # MATLAB counts from 1


LAYOUTS: dict[str, Callable[[ImageFolder, Path, bool], Found]] = {
    "class_folders": class_folders,
    "stanford_cars": stanford_cars,
}
"""By name; each lists what lies in a set's folder."""
