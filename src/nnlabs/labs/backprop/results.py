"""The numbers of the examples, for the page."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """One number of a forward or backward pass; delta is dL/dz, slope f'(z), exp e^-z."""

    name: str
    """Such as z1[0] or dW2[0, 1], counted from 0; without brackets where a layer has but one."""
    value: float
    autograd: float | None
    """None of what a step changes."""


@dataclass(frozen=True)
class Example:
    quantities: list[Quantity]
    """In the order in which they are computed."""
    parameters: int
    loss_after: float | None
    """With the parameters that the step leaves; None where no step is taken."""


@dataclass(frozen=True)
class Results:
    examples: dict[str, Example]


@dataclass(frozen=True)
class Place:
    """What a quantity's name says of it."""

    kind: str
    """z, exp, a, L, da, slope, delta, dW, db, W or b."""
    layer: int
    """From 1; 0 of the loss."""
    after: bool
    """Whether it is a parameter after the step."""
    index: tuple[int, ...]


def place(name: str) -> Place:
    match = re.fullmatch(r"([a-zA-Z]+)(\d*)( after)?(?:\[([\d, ]+)\])?", name)
    assert match, name
    index = tuple(int(part) for part in match[4].split(",")) if match[4] else ()
    return Place(match[1], int(match[2] or 0), bool(match[3]), index)


def indexed(name: str, index: tuple[int, ...]) -> str:
    """z1 and (0,) as z1[0]."""
    return f"{name}[{', '.join(map(str, index))}]" if index else name
