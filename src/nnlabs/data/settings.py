"""The `datasets` of params.yaml: images of a known origin or of a folder of one's own, a text, and none."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from nnlabs.core.fields import Count, Flag, Frozen, Number, Seed, one_of
from nnlabs.data.catalogue import origins
from nnlabs.data.catalogue.kinds import ImageFolder, Text

NONE = "none"
FOLDER = "folder"
"""Origins that the catalogue does not describe: no data, and a folder that the user has."""

Share = Annotated[Number, Field(gt=0)]
"""Of some images: how many, or below 1 which part."""
Origin = Annotated[str, one_of(origins.names)]


class Chosen(Frozen):
    """Which of an origin's images a dataset takes, and how it parts them."""

    seed: Seed
    """Draws what is carved, and which images stay where `train_per_class` cuts."""
    validation: Share | None = None
    """Validation images carved from the training set. Absent: the origin's own."""
    classes: tuple[str, ...] | None = None
    """The classes to keep, relabelled in this order; all where absent."""
    groups: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] | None = None
    """In place of `classes`: new classes by name, each of several of the origin's in equal parts."""
    train_per_class: Count | None = None
    """Training images a class that are kept, validation included; all where absent."""
    test_per_class: Count | None = None

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        _whole("validation", self.validation)
        if self.classes is not None and self.groups is not None:
            raise ValueError("classes and groups exclude each other")
        for key, chosen in (("classes", self.classes), ("groups", self.groups)):
            if chosen is not None and len(chosen) < 2:
                raise ValueError(f"{key}: {len(chosen)} found; a dataset has two classes or more")
        members = self.classes or [each for members in (self.groups or {}).values() for each in members]
        if twice := [each for each in members if list(members).count(each) > 1]:
            raise ValueError(f"{'classes' if self.classes else 'groups'}: {twice[0]!r} is named twice")
        return self


class ImageSettings(Chosen):
    """How prepared images are made from an origin's official training and test sets."""

    origin: Origin
    size: Count | None = None
    """Side that images are resized to, pixels: for origins whose images differ in size."""
    crop_to_box: Flag = False
    """Cut each image to its annotated box first, where the origin has boxes."""
    shuffle_pixels: Seed | None = None
    """Put the pixels of every image into one other order, drawn by this seed: what is near is near no more."""

    @model_validator(mode="after")
    def _fits_the_origin(self) -> Self:
        known = origins.origin(self.origin)
        folder = known if isinstance(known, ImageFolder) else None
        if folder is None and self.size is not None:
            raise ValueError(f"size: the images of {self.origin} have one size; remove it")
        if folder is not None and self.size is None:
            raise ValueError(f"size: missing; the images of {self.origin} differ in size")
        if self.crop_to_box and not (folder and folder.boxes):
            raise ValueError(f"crop_to_box: {self.origin} has no boxes; remove it")
        return self

    def modules(self) -> tuple[str, ...]:
        """What makes the dataset, and what describes its origin: imported by name."""
        return _described(self.origin)


class FolderSettings(Chosen):
    """How prepared images are made from a folder of one's own: a folder a class, in parts or not.

    The parts are folders of the usual names (`train`, `test`, `val`, `valid`, `validation`); what is not there is
    carved from the rest, every class in its share. DVC does not look into a folder outside the repository: when its
    images have changed, `dvc repro --force --single-item data@<name>` takes them in, and what follows from them runs.
    """

    origin: Literal["folder"]
    path: Annotated[str, Field(min_length=1)]
    """The folder; `~` is the home folder, and a relative path begins at the repository's root."""
    size: Count
    """Side that images are resized to, pixels."""
    test: Share | None = None
    """Test images carved from all of them. Absent: the folder's own."""
    licence: Annotated[str, Field(min_length=1)] | None = None
    """The terms that the images are under, as the pages are to state them."""

    @model_validator(mode="after")
    def _whole_test(self) -> Self:
        _whole("test", self.test)
        return self

    def modules(self) -> tuple[str, ...]:
        """What makes the dataset: imported by name."""
        return ("nnlabs.data.own_folder",)


class TextSettings(Frozen):
    """How a text becomes numbered words."""

    origin: Origin
    min_count: Count
    """Words seen less often are left out of the text: there is too little to learn them from."""

    def modules(self) -> tuple[str, ...]:
        """What makes the dataset, and what describes its origin: imported by name."""
        return _described(self.origin)


class NoneSettings(Frozen):
    """No data: for labs that make their own, or need none."""

    origin: Literal["none"]

    def modules(self) -> tuple[str, ...]:
        """What makes the dataset: imported by name."""
        return ("nnlabs.data.nothing",)


DatasetSettings = ImageSettings | FolderSettings | TextSettings | NoneSettings


def kind_of(where: str, entry: dict[str, Any]) -> type[DatasetSettings]:
    """What the settings of a dataset have to be, by their origin; `where` is their place in params.yaml.

    Raises
    ------
    ValueError
        Where the origin is missing or unknown.
    """
    if "origin" not in entry:
        raise ValueError(f"{where}.origin: missing; allowed: {_quoted(_known())}")
    name = entry["origin"]
    if name not in _known():
        raise ValueError(f"{where}.origin: {name!r} found; allowed: {_quoted(_known())}")
    if name == NONE:
        return NoneSettings
    if name == FOLDER:
        return FolderSettings
    return TextSettings if isinstance(origins.origin(name), Text) else ImageSettings


def _known() -> tuple[str, ...]:
    return (*origins.names(), FOLDER, NONE)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _described(origin: str) -> tuple[str, ...]:
    return (origins.origin(origin).maker, origins.module(origin))


def _whole(key: str, share: float | None) -> None:
    if share is not None and share >= 1 and share % 1:
        raise ValueError(f"{key}: {share} found; allowed: a whole number, or a part below 1")
