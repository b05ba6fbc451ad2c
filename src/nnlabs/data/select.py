"""Which images a dataset takes of its origin: classes, equal parts, cuts, and the validation part."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from nnlabs.core.errors import UserError
from nnlabs.data.settings import Chosen

Indices = NDArray[np.int64]
Labels = NDArray[np.int64] | NDArray[np.uint8]
Groups = dict[str, list[int]]
"""The dataset's classes in order, each with the labels that its images have in the origin."""


def groups(name: str, settings: Chosen, title: str, classes: Sequence[str]) -> Groups:
    """The classes that the settings ask for, of those that the origin called `title` has.

    Raises
    ------
    UserError
        Naming the first that it does not have.
    """
    wanted = settings.groups or {each: (each,) for each in settings.classes or classes}
    key = "groups" if settings.groups else "classes"
    for each, members in wanted.items():
        for member in members:
            if member not in classes:
                place = f"{key}.{each}" if settings.groups else key
                raise UserError(
                    f"params.yaml: datasets.{name}.{place}: {member!r} is no class of {title}; "
                    f"allowed: {', '.join(classes)}"
                )
    return {each: [classes.index(member) for member in members] for each, members in wanted.items()}


def present(name: str, chosen: Groups, parts: dict[str, Labels], least: dict[str, int]) -> Groups:
    """Of a sample: the classes of which at least so many images of each part are there.

    Raises
    ------
    UserError
        Where these are fewer than two.
    """

    def enough(label: int) -> bool:
        return all(np.count_nonzero(labels == label) >= least[part] for part, labels in parts.items())

    left = {each: kept for each, members in chosen.items() if (kept := [label for label in members if enough(label)])}
    if len(left) < 2:
        needed = ", ".join(f"{n} of {part}" for part, n in least.items() if part in parts)
        raise UserError(f"{name}: the sample has {len(left)} classes with {needed} images or more; two are needed")
    return left


def select(
    name: str, labels: Labels, chosen: Groups, each: int | None, rng: np.random.Generator, *, sample: bool = False
) -> Indices:
    """Indices of the images of the classes in the origin's order, at most `each` of every class.

    Where a class has several members, as many of one as of the other. A sample gives what it has.

    Raises
    ------
    UserError
        Where there are fewer, or they cannot be parted equally.
    """
    taken = []
    for title, members in chosen.items():
        indices = [np.flatnonzero(labels == label) for label in members]
        fewest = min(map(len, indices))
        share = _share(name, title, members, each, fewest, sample)
        for label, found in zip(members, indices, strict=True):
            if share is None:
                taken.append(found)
                continue
            if share > len(found) and not sample:
                raise UserError(
                    f"params.yaml: datasets.{name}: {share} images of a class are asked for; "
                    f"class {label} has {len(found)}"
                )
            taken.append(rng.permutation(found)[: min(share, fewest)])
    return np.sort(np.concatenate(taken))


def _share(name: str, title: str, members: Collection[int], each: int | None, fewest: int, sample: bool) -> int | None:
    """How many of each member; none where all are taken."""
    if each is None:
        return None if len(members) == 1 else fewest
    if each % len(members) and not sample:  # of a sample, members may be missing
        raise UserError(
            f"params.yaml: datasets.{name}: {each} images of {title} are asked for; "
            f"equal parts need a multiple of {len(members)}"
        )
    return max(1, each // len(members))


def carve(
    key: str, kept: Indices, labels: Labels, wanted: float, seed: int, *, sample: bool = False
) -> tuple[Indices, Indices]:
    """The rest of the images that are kept, and so many or, below 1, such a part of them, every class in its share.

    `key` is where params.yaml says how many. Of a sample as many as it can spare.

    Raises
    ------
    UserError
        Where they are too many or too few for every class to be on both sides.
    """
    from sklearn.model_selection import train_test_split

    found, of_each = np.unique(labels[kept], return_counts=True)
    n, least = len(kept), len(found)
    size = round(wanted * n) if wanted < 1 else int(wanted)
    if sample:
        size = min(max(size, least), n - least)
    if of_each.min() < 2 or not least <= size <= n - least:
        few = f"{int((of_each < 2).sum())} of the {least} classes have a single image" if of_each.min() < 2 else ""
        can = f"every class has to be on both sides: {least} to {n - least} images can"
        raise UserError(f"params.yaml: {key}: {wanted:g} of {n} images cannot be carved out; {few or can}")
    rest, carved = train_test_split(kept, test_size=size, stratify=labels[kept], random_state=seed)
    return np.sort(rest), np.sort(carved)
