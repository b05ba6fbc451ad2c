"""Families of networks: each is one file here, found by its name.

A family's module has

- `Settings`, a `NetworkSettings` (nnlabs.models.base) with what params.yaml may say of the network;
- `build(settings, shape, classes, mean, std)`, which makes it with fresh weights, drawn from torch's global generator.

The network takes images as bytes, N x C x H x W of the given shape (C, H, W), and returns logits, N x classes; its last
layer is called `output`. It may define

- `prepare(sample, dataset)`, called once before training: `sample(n)` gives n training images, `dataset` is the name of
  the prepared data;
- `parameter_groups()`, the groups that an optimizer is given, where not all parameters share the learning rate;
- `chain`, its layers from images to logits, where each takes what the one before it gives: on a processor those that
  `nnlabs.training.written` knows are trained faster.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType


def names() -> tuple[str, ...]:
    """The families that there are: the modules here that say what a variant's settings are."""
    modules = sorted(Path(__path__[0]).glob("*.py"))
    return tuple(module.stem for module in modules if "\nclass Settings(" in module.read_text(encoding="utf-8"))


def family(name: str) -> ModuleType:
    """The module of one family; no other is imported."""
    return import_module(f"{__name__}.{name}")
