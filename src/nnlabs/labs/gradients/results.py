"""What the networks' gradients left for the page, and what counts as level."""

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

NORM, SKIP, BOTH = "batch normalisation", "skip connections", "both"
"""The remedies that are tried beside good initial weights."""
LEVEL = 10.0
"""Norms within this factor of each other, between layers and between depths, are called level."""
FALL = 0.1
"""A loss that has lost this part of its first value has fallen: learning has begun."""
CLEARLY = 0.05
"""A loss is below that of guessing where it is so by this part of it."""

Apart = list[float | None]
"""How often the smallest norm goes into the largest, a number a seed; None where it is infinite."""


@dataclass(frozen=True)
class Losses:
    """Of one network, at the first and after the last step; None where its numbers had overflowed."""

    first: float | None
    last: float | None


@dataclass(frozen=True)
class Pair:
    """Initial weights, activation and remedy, at every depth; lists have an entry a seed."""

    name: str
    """As the arrays are called: initialisation, activation and remedy, joined by dots; each followed by its depth."""
    initialisation: str
    activation: str
    remedy: str
    """Empty without one."""
    layers_start: Apart
    """How far norms are apart between the layers of the deepest network."""
    layers_trained: Apart
    depths_start: Apart
    """Over the layers of all depths together."""
    depths_trained: Apart
    losses: dict[int, list[Losses]]
    """By depth."""

    @property
    def deepest(self) -> list[Losses]:
        """Losses of the deepest network, of every seed."""
        return self.losses[max(self.losses)]


@dataclass(frozen=True)
class Results:
    classes: int
    pairs: list[Pair]

    @property
    def depths(self) -> list[int]:
        """Rising."""
        return sorted(self.pairs[0].losses)


def is_level(apart: Apart) -> bool:
    """Whether it is within the factor in every seed."""
    return level_seeds(apart) == len(apart)


def level_seeds(apart: Apart) -> int:
    """In how many seeds it is within the factor."""
    return sum(each is not None and each <= LEVEL for each in apart)


def falling_seeds(losses: list[Losses]) -> int:
    """In how many seeds the loss fell from where it was at the start, by a part that is no noise of a batch."""
    return sum(
        each.first is not None and each.last is not None and each.last <= (1 - FALL) * each.first for each in losses
    )


def below_guessing(losses: list[Losses], classes: int) -> bool:
    """Whether every seed ends clearly below what guessing costs."""
    return all(each.last is not None and each.last <= (1 - CLEARLY) * log(classes) for each in losses)


def typical(every: NDArray[Any], when: int) -> float:
    """Of seeds x 2 x layers the norm: geometric mean over the equal layers, median over seeds; nan where none is."""
    equal = every[:, when, 1:] if every.shape[2] > 1 else every[:, when]
    with np.errstate(divide="ignore", invalid="ignore"):
        typical = np.median(np.exp(np.log(equal).mean(axis=1)))
    return float(typical) if 0 < typical < np.inf else float("nan")
