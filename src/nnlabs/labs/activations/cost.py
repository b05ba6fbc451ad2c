"""What an activation costs: seconds, which differ from machine to machine and from day to day."""

from collections.abc import Callable
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch import nn
from torch.nn import functional

SIZES = (784, 128, 64, 10)
BATCH, BATCHES, EPOCH = 128, 43, 430
"""Batches that are timed, and of an epoch: 55,040 images, about as many as Fashion-MNIST has for training."""
NUMBERS = 1 << 20
REPEATS = 9
FUNCTIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "none": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "ReLU": functional.relu,
    "leaky ReLU": functional.leaky_relu,
    "ELU": functional.elu,
}
TITLE = (
    f"Forward and backward in PyTorch, float32, one thread, median of {REPEATS}: an epoch of a network "
    f"{'-'.join(map(str, SIZES))} ({BATCH * EPOCH:,} images of noise in batches of {BATCH}, plain SGD; a tenth is "
    "timed), and the function alone, nanoseconds a number."
)


def measured() -> dict[str, Any]:
    """A title and rows; the repeats take turns, so that a slow moment hits all functions alike."""
    epochs: dict[str, list[float]] = {name: [] for name in FUNCTIONS}
    alone: dict[str, list[float]] = {name: [] for name in FUNCTIONS}
    for _ in range(REPEATS):
        for name, function in FUNCTIONS.items():
            epochs[name].append(_epoch(function))
            alone[name].append(_alone(function))
    rows = [
        {"activation": name, "s an epoch": f"{median(epochs[name]):.3f}", "ns a number": f"{median(alone[name]):.2f}"}
        for name in FUNCTIONS
    ]
    return {"title": TITLE, "rows": rows}


def _epoch(function: Callable[[torch.Tensor], torch.Tensor]) -> float:
    generator = torch.Generator().manual_seed(0)
    layers = [nn.Linear(inputs, outputs) for inputs, outputs in pairwise(SIZES)]
    optimizer = torch.optim.SGD([each for layer in layers for each in layer.parameters()], 0.01)
    images = torch.randn(BATCH, SIZES[0], generator=generator)
    labels = torch.randint(SIZES[-1], (BATCH,), generator=generator)
    began = perf_counter()
    for _ in range(BATCHES):
        optimizer.zero_grad()
        z = images
        for layer in layers[:-1]:
            z = function(layer(z))
        functional.cross_entropy(layers[-1](z), labels).backward()
        optimizer.step()
    return (perf_counter() - began) * EPOCH / BATCHES


def _alone(function: Callable[[torch.Tensor], torch.Tensor]) -> float:
    """Nanoseconds for each of many numbers."""
    z = torch.linspace(-3, 3, NUMBERS, requires_grad=True)
    slope = torch.ones(NUMBERS)
    began = perf_counter()
    function(z).backward(slope)
    return (perf_counter() - began) / NUMBERS * 1e9
