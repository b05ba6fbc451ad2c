"""What a dataset is made of: an origin's images with their labels, whatever files they come from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from nnlabs.data.rows import Rows
from nnlabs.data.select import Indices, Labels


@dataclass(frozen=True)
class Part:
    """One of the origin's own parts."""

    images: Rows
    labels: Labels
    """In the origin: places in its classes."""
    files: list[str] | None = None
    """Of an image folder, what each is called in it."""

    def told(self, indices: Indices) -> list[Any]:
        """What the dataset remembers of its images: their places in this part, or their files."""
        return indices.tolist() if self.files is None else [self.files[i] for i in indices.tolist()]


@dataclass(frozen=True)
class Material:
    title: str
    """What the origin is called in messages."""
    classes: Sequence[str]
    shape: tuple[int, int, int]
    """Channels, height, width."""
    parts: dict[str, Part]
    """`train`, `test` and, where the origin has its own, `validation`."""
    known: dict[str, Any]
    """What is known of it besides: what it is recognised by, what became of its files."""
    named: dict[str, list[str]] = field(default_factory=dict)
    """Files that were no plain images, by kind."""
