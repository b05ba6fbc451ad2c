"""How far what is written by hand is from PyTorch and from finite differences: what several labs measure it with."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from nnlabs.scratch.arrays import Array


def relative(ours: Array, theirs: Array) -> float:
    """The largest difference, as a part of the largest value."""
    return float(np.abs(ours - theirs).max() / max(np.abs(theirs).max(), np.finfo(float).tiny))


def numerical_gradient(value: Callable[[Array], float], x: Array) -> Array:
    """Central differences of a scalar function for every element of x; float64."""
    slope = np.empty_like(x)
    h = np.finfo(x.dtype).eps ** (1 / 3)
    for index in np.ndindex(*x.shape):
        kept = x[index]
        x[index] = kept + h
        up = value(x)
        x[index] = kept - h
        slope[index] = (up - value(x)) / (2 * h)
        x[index] = kept
    return slope


def torch_optimizer(name: str, settings: dict[str, Any], leaves: Sequence[torch.Tensor]) -> torch.optim.Optimizer:
    """PyTorch's optimizer by its name in params.yaml, with the same defaults as ours."""
    momentum: dict[str, dict[str, Any]] = {
        "momentum": {"momentum": 0.9},
        "nesterov": {"momentum": 0.9, "nesterov": True},
    }
    classes: dict[str, Any] = {"adam": torch.optim.Adam, "adamax": torch.optim.Adamax, "adamw": torch.optim.AdamW}
    return classes.get(name, torch.optim.SGD)(leaves, **momentum.get(name, {}) | settings)
