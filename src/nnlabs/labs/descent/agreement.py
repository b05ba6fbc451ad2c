"""How far the optimizers by hand are from torch.optim's."""

from typing import Any

import numpy as np
import torch

from nnlabs.labs.common.agreement import relative, torch_optimizer
from nnlabs.labs.descent.results import Agreement
from nnlabs.scratch.losses import squared_error
from nnlabs.scratch.optimizers import OPTIMIZERS

SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("sgd", {"lr": 0.01}),
    ("sgd", {"lr": 0.01, "weight_decay": 0.1}),
    ("momentum", {"lr": 0.01}),
    ("momentum", {"lr": 0.005, "momentum": 0.5, "weight_decay": 0.01}),
    ("nesterov", {"lr": 0.01}),
    ("nesterov", {"lr": 0.005, "momentum": 0.95, "weight_decay": 0.01}),
    ("adam", {"lr": 0.001}),
    ("adam", {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}),
    ("adamax", {"lr": 0.002}),
    ("adamax", {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}),
    ("adamw", {"lr": 0.001}),
    ("adamw", {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}),
]
"""Each with its defaults, and with other values."""


def optimizer_errors(steps: int) -> list[Agreement]:
    """The largest relative difference to torch.optim over all steps of a least-squares problem, in float64.

    Each step sees half of the points, drawn anew: without such noise the gradients vanish, and Adam,
    which divides by their size, then magnifies rounding until any two programs part.
    """
    return [Agreement(name, more, _optimizer_error(name, more, steps)) for name, more in SETTINGS]


def _optimizer_error(name: str, settings: dict[str, Any], steps: int) -> float:
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(20, 6)), rng.normal(size=(20, 3))
    weight, bias = rng.normal(size=(6, 3)), rng.normal(size=3)
    leaves = {"weight": torch.tensor(weight, requires_grad=True), "bias": torch.tensor(bias, requires_grad=True)}
    ours, theirs = OPTIMIZERS[name](**settings), torch_optimizer(name, settings, list(leaves.values()))
    parameters = {"weight": weight, "bias": bias}
    largest = 0.0
    for _ in range(steps):
        chosen = rng.choice(len(inputs), len(inputs) // 2, replace=False)
        x, y = inputs[chosen], targets[chosen]
        _, dy = squared_error(x @ weight + bias, y)
        ours.step(parameters, {"weight": x.T @ dy, "bias": dy.sum(0)})
        theirs.zero_grad()
        error = torch.tensor(x) @ leaves["weight"] + leaves["bias"] - torch.tensor(y)
        ((error**2).sum() / len(x)).backward()
        theirs.step()
        largest = max(largest, *(relative(parameters[key], leaves[key].detach().numpy()) for key in leaves))
    return largest
