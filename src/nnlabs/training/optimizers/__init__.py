"""Optimizers: each is one file here, found by its name.

An optimizer's module has

- `Settings`, an `OptimizerSettings` (nnlabs.training.base) with what params.yaml may say of it;
- `build(settings, network, lr, precision)`, which makes the torch optimizers that together train every parameter once.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType


def names() -> tuple[str, ...]:
    """The optimizers that there are."""
    return tuple(sorted(module.stem for module in Path(__path__[0]).glob("[!_]*.py")))


def algorithm(name: str) -> ModuleType:
    """The module of one optimizer; no other is imported."""
    return import_module(f"{__name__}.{name}")
