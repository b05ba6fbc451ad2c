"""How weights begin: each rule chooses a standard deviation from how many inputs and outputs a unit has.

The rules keep the variance of what flows forward (inputs) or of both directions (Xavier) the same
from layer to layer; `gradients` is the lab that shows it.
"""

import math
from collections.abc import Callable

import numpy as np

from nnlabs.core.errors import UserError
from nnlabs.scratch.arrays import Array


def normal(inputs: int, outputs: int) -> float:
    """1: what a beginner writes."""
    return 1.0


def xavier(inputs: int, outputs: int) -> float:
    """√(2 / (inputs + outputs)): both directions, for tanh (Glorot and Bengio 2010, eq. 12)."""
    return math.sqrt(2 / (inputs + outputs))


def he(inputs: int, outputs: int) -> float:
    """√(2 / inputs): ReLU passes on half of the variance (He et al. 2015, eq. 10)."""
    return math.sqrt(2 / inputs)


def lecun(inputs: int, outputs: int) -> float:
    """√(1 / inputs) (LeCun et al. 1998, Efficient BackProp, eq. 16)."""
    return math.sqrt(1 / inputs)


RULES: dict[str, Callable[[int, int], float]] = {"normal": normal, "xavier": xavier, "he": he, "lecun": lecun}


def weights(rule: str, shape: tuple[int, ...], rng: np.random.Generator, dtype: str = "float64") -> Array:
    """Gaussian weights, outputs x inputs or outputs x inputs x kernel height x kernel width.

    Raises
    ------
    UserError
        For a rule that there is not.
    """
    if rule not in RULES:
        raise UserError(f"initialisation {rule!r} is unknown; allowed: {', '.join(RULES)}")
    receptive = math.prod(shape[2:])  # 1 for a matrix
    std = RULES[rule](shape[1] * receptive, shape[0] * receptive)
    return (std * rng.standard_normal(shape)).astype(dtype)
