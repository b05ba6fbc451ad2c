"""Images of a folder of one's own: a folder a class, in parts or not. Its classes are the folders' names.

Nothing is fetched and no counts are known beforehand. What is taken is hashed, and the hash is part of the dataset.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.data import images, survey
from nnlabs.data.image_file import SUFFIXES
from nnlabs.data.prepare import prepare
from nnlabs.data.select import Indices, carve, groups
from nnlabs.data.settings import FolderSettings
from nnlabs.data.survey import Survey

NAMES = {"train": ("train",), "validation": ("validation", "valid", "val"), "test": ("test",)}
"""What the folders of the parts are usually called, in any case."""
BESIDE = "beside the parts' folders"


def make(name: str, settings: FolderSettings, edition: str, *, sample: bool) -> dict[str, Any]:
    """Write `data/<name>`; return a record of where its images were.

    Raises
    ------
    UserError
        Where the folder is missing, has other parts than the settings fit, or too few images of a class.
    """
    began = time.monotonic()
    root = _root(name, settings)
    parts = find_parts(root)
    _fits(name, settings, parts)
    found = survey.hashed(name, root, _listed(root, parts))
    with images.decoded(name, found, settings.size, to_box=False) as small:
        twice = images.again(found, small)
        taken = _taken(name, settings, found, images.usable(found, small, twice), sample)
        told = parts if parts != WHOLE else {}
        material = images.gathered(settings.path, found, small, taken, told, twice, sample=sample)
        images.log(name, material)
        prepare(name, settings, edition, material, sample=sample)
    return {
        "origin": settings.origin,
        "source": f"folder {settings.path}",
        "bytes": found.size,
        "seconds": time.monotonic() - began,
        "fetched": False,
    }


WHOLE = {"train": "."}
"""The parts of a folder that has none."""


def find_parts(root: Path) -> dict[str, str]:
    """The folder of each part by the usual names, or WHOLE where the classes lie in the folder itself.

    A folder of classes holds folders and no images: so a class called `train` is told from a training part.

    Raises
    ------
    UserError
        Where there are parts but none to train on, or two folders for one part.
    """
    inside = sorted(each.name for each in root.iterdir() if each.is_dir() and not survey.hidden(each.name))
    found = {
        part: [each for each in inside if each.lower() in NAMES[part] and _of_classes(root / each)] for part in NAMES
    }
    parts = {part: folders for part, folders in found.items() if folders}
    if not parts:
        return WHOLE
    for folders in parts.values():
        if len(folders) > 1:
            raise UserError(f"{root} holds {' and '.join(folders)}, which are one part; keep one of them")
    if "train" not in parts:
        raise UserError(f"{root} holds {', '.join(f[0] for f in parts.values())} and no folder train")
    return {part: folders[0] for part, folders in parts.items()}


def _of_classes(folder: Path) -> bool:
    inside = [each for each in folder.iterdir() if not survey.hidden(each.name)]
    return any(each.is_dir() for each in inside) and not any(map(_image, inside))


def _image(path: Path) -> bool:
    return path.name.lower().endswith(SUFFIXES)


def _root(name: str, settings: FolderSettings) -> Path:
    root = paths.checkout() / Path(settings.path).expanduser()
    if not root.is_dir():
        raise UserError(f"params.yaml: datasets.{name}.path: {settings.path!r} is no folder")
    return root.resolve()


def _fits(name: str, settings: FolderSettings, parts: dict[str, str]) -> None:
    """Each part comes from its own folder or is carved, and not from both."""
    for part, asked in (("test", settings.test), ("validation", settings.validation)):
        if part in parts and asked is not None:
            raise UserError(
                f"params.yaml: datasets.{name}.{part}: {settings.path} has a folder {parts[part]} of its own; "
                "remove one of them"
            )
        if part not in parts and asked is None:
            raise UserError(
                f"params.yaml: datasets.{name}.{part}: missing; {settings.path} has no folder for it "
                f"({', '.join(NAMES[part])}): how many images to carve, or below 1 which part"
            )


def _listed(root: Path, parts: dict[str, str]) -> survey.Found:
    found = survey.by_class(root, parts)
    if parts != WHOLE:
        beside = [each.name for each in root.iterdir() if each.name not in parts.values()]
        found.passed_over[BESIDE].extend(each for each in beside if not survey.hidden(each))
    return found


def _taken(
    name: str, settings: FolderSettings, found: Survey, usable: dict[str, Indices], sample: bool
) -> dict[str, Indices]:
    """The images of each part; where the folder has no test part, it is carved from those of the classes asked for."""
    labels = np.array([entry.label for entry in found.entries], np.int64)
    chosen = groups(name, settings, settings.path, found.classes)
    if len(chosen) < 2:
        raise UserError(f"{settings.path}: images of {len(chosen)} classes found; two are needed, a folder each")
    wanted = [label for members in chosen.values() for label in members]
    parts = {part: indices[np.isin(labels[indices], wanted)] for part, indices in usable.items()}
    for part, indices in parts.items():
        if missing := sorted(set(wanted) - set(labels[indices].tolist())):
            raise UserError(
                f"{settings.path}: no {part} image of {found.classes[missing[0]]!r}; every class needs some"
            )
    if settings.test is not None:
        parts["train"], parts["test"] = carve(
            f"datasets.{name}.test", parts["train"], labels, settings.test, settings.seed, sample=sample
        )
    return parts
