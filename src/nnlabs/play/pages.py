"""The pages that one can play with."""

from dataclasses import dataclass
from pathlib import Path

from nnlabs.play import bundle


@dataclass(frozen=True)
class Page:
    """A page to play with; its module is `pages/<key>.js`."""

    lab: str
    """Whose knobs it begins with, and whose page it leads back to."""
    title: str


PAGES = {
    "activations": Page("activations", "Activation functions, two at a time"),
    "backprop": Page("backprop", "Backpropagation, number by number"),
    "descent": Page("descent", "Gradient descent and its relatives"),
    "playground": Page("xor", "A playground of small networks"),
}
"""By the names that dvc.yaml lists."""


def entry(key: str, folder: Path = bundle.HERE) -> Path:
    """The module that a page begins with; `folder` is where this package lies."""
    return folder / "pages" / f"{key}.js"
