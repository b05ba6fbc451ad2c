"""The pages that one can play with."""

from dataclasses import dataclass
from pathlib import Path

from nnlabs.core import paths
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
"""By their names in params.yaml: pages that compute all that they show."""
TRAINED = {
    "kernels": Page("sobel", "Convolution, place by place"),
    "pad": Page("digits", "Draw a digit"),
}
"""Pages that hold trained weights and test images, by the stages that write them."""


MODULES = {"kernels": "convolution", "pad": "digits"}
"""What the modules of trained pages, and their files, are called."""


def output(key: str) -> Path:
    """Where a page is written; `key` is its name, or the stage of a trained one."""
    return paths.REPORTS / "play" / f"{MODULES.get(key, key)}.html"


def entry(key: str, folder: Path = bundle.HERE) -> Path:
    """The module that a page begins with; `folder` is where this package lies."""
    return folder / "pages" / f"{MODULES.get(key, key)}.js"
