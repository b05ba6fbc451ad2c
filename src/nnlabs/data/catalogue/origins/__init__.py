"""What datasets are made of: a file here for each origin, which holds its ORIGIN. Another file is another origin.

A file is called as its origin, with `_` for `-`; the terms that each is under stand in `licences`.
"""

from importlib import import_module
from pathlib import Path

from nnlabs.data.catalogue.kinds import ImageFolder, Images, Text


def names() -> tuple[str, ...]:
    """The origins that there are, as params.yaml calls them."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return tuple(file.stem.replace("_", "-") for file in files if not file.stem.startswith("_"))


def module(name: str) -> str:
    """The module that describes an origin."""
    return f"{__name__}.{name.replace('-', '_')}"


def origin(name: str) -> Images | ImageFolder | Text:
    """An origin of `names()`; no other one is imported."""
    found: Images | ImageFolder | Text = import_module(module(name)).ORIGIN
    return found
