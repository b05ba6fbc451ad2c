"""Activations: each is one file here, found by its name, whose `Activation` is a module that computes it."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from nnlabs.core.fields import one_of

if TYPE_CHECKING:
    from torch import nn


def names() -> tuple[str, ...]:
    """The activations that there are."""
    return tuple(sorted(module.stem for module in Path(__path__[0]).glob("[!_]*.py")))


def activation(name: str) -> "Callable[[], nn.Module]":
    """What makes the activation of this name; no other is imported."""
    made: Callable[[], nn.Module] = import_module(module(name)).Activation
    return made


def module(name: str) -> str:
    """The name of its module."""
    return f"{__name__}.{name}"


ActivationName = Annotated[str, one_of(names)]
