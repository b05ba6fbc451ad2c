"""Activation functions, each with its derivative beside it: one file here, found by its name.

They take and give arrays of any shape and keep float32 and float64. None overflows: `exp` is
only ever asked for what is not positive. At a kink the derivative is the left one, as PyTorch has it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path

from nnlabs.core.errors import UserError
from nnlabs.scratch.arrays import Array


@dataclass(frozen=True)
class Activation:
    """A function that acts on each element alone, and its derivative; each file has its own as `ACTIVATION`."""

    name: str
    function: Callable[..., Array]
    derivative: Callable[..., Array]

    def shaped(self, **shape: float) -> "Activation":
        """The same with leaky ReLU's slope or ELU's alpha settled."""
        return replace(self, function=partial(self.function, **shape), derivative=partial(self.derivative, **shape))


def names() -> tuple[str, ...]:
    """The activations that there are: the files here whose function acts on each element alone."""
    modules = sorted(Path(__path__[0]).glob("[!_]*.py"))
    return tuple(each.stem for each in modules if "\nACTIVATION = " in each.read_text(encoding="utf-8"))


def activation(name: str, **shape: float) -> Activation:
    """Look an activation up; `shape` is leaky ReLU's slope or ELU's alpha. Code that knows which it wants imports it.

    Raises
    ------
    UserError
        For a name that there is not, with those that there are.
    """
    if name not in names():
        raise UserError(f"activation {name!r} is unknown; allowed: {', '.join(names())}")
    found: Activation = import_module(module(name)).ACTIVATION
    return found.shaped(**shape) if shape else found


def module(name: str) -> str:
    """The name of its module."""
    return f"{__name__}.{name}"
