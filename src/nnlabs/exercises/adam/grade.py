"""Adam."""

from typing import Any

import numpy as np

from nnlabs.exercises import optimizing
from nnlabs.exercises.checks import expect, part
from nnlabs.scratch.optimizers import Adam

ASKED = {"nnlabs.scratch.optimizers": ("Adam._update",)}


@part(2, "the first step is as long as the rate, whatever the gradient")
def first(student: Any) -> None:
    for g in (1.0, 100.0, -0.01):
        optimizing.as_by_hand(f"with rate 0.1 and g = {g}", student.Adam(0.1, eps=1e-12), [g], [1 - 0.1 * np.sign(g)])


@part(2, "two steps, by hand")
def worked(student: Any) -> None:
    # β = 0.5, 0.75: m = 0.5, 1.75; v = 0.25, 2.4375; m̂ = 1, 7/3; v̂ = 1, 2.4375 / 0.4375
    second = 0.9 - 0.1 * (1.75 / 0.75) / np.sqrt(2.4375 / 0.4375)
    optimizing.as_by_hand(
        "with rate 0.1, β = (0.5, 0.75), g = 1, 3", student.Adam(0.1, (0.5, 0.75), 1e-12), [1.0, 3.0], [0.9, second]
    )


@part(1, "tiny gradients: ε is added to the root, not under it")
def tiny(student: Any) -> None:
    # m̂ = √v̂ = 1e-6, ε as much again: half of the rate
    optimizing.as_by_hand("with rate 0.1, ε = g = 1e-6", student.Adam(0.1, eps=1e-6), [1e-6], [0.95])


@part(1, "a gradient of 0 moves nothing")
def zero(student: Any) -> None:
    found = optimizing.steps(student.Adam(0.1), [np.zeros(2)] * 2, np.array([1.0, -1.0]))
    expect("θ after two gradients of 0", found[-1], [1.0, -1.0])


@part(1, "every parameter has moments of its own")
def apart(student: Any) -> None:
    optimizing.apart(student.Adam(0.1), lambda: Adam(0.1))


@part(1, "parameters change in place, their gradients do not")
def in_place(student: Any) -> None:
    optimizing.in_place(student.Adam(0.1))


@part(2, "sixty steps down a bowl, as PyTorch takes them")
def agrees(student: Any) -> None:
    import torch

    optimizing.as_torch("of Adam", student.Adam(0.05), lambda x: torch.optim.Adam(x, 0.05))
