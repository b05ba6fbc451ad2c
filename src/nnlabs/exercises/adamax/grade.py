"""AdaMax."""

from typing import Any

import numpy as np

from nnlabs.exercises import optimizing
from nnlabs.exercises.checks import expect, part
from nnlabs.scratch.optimizers import AdaMax

ASKED = {"nnlabs.scratch.optimizers": ("AdaMax._update",)}


@part(2, "the first step is as long as the rate, whatever the gradient")
def first(student: Any) -> None:
    for g in (1.0, 100.0, -0.01):
        optimizing.as_by_hand(f"with rate 0.1 and g = {g}", student.AdaMax(0.1, eps=1e-14), [g], [1 - 0.1 * np.sign(g)])


@part(2, "three steps, by hand")
def worked(student: Any) -> None:
    # β = 0.5, 0.75: m = 2, 1.5, 0.75; u = 4, 3, 2.25
    wanted = np.cumsum([1, -0.1 * 2 / 0.5 / 4, -0.1 * 1.5 / 0.75 / 3, -0.1 * 0.75 / 0.875 / 2.25])[1:]
    optimizing.as_by_hand(
        "with rate 0.1, β = (0.5, 0.75), g = 4, 1, 0",
        student.AdaMax(0.1, (0.5, 0.75), 1e-14),
        [4.0, 1.0, 0.0],
        wanted.tolist(),
    )


@part(1, "the sign of a gradient does not matter to the norm")
def signs(student: Any) -> None:
    # u = 4 both times: m̂ = -4, then (-1 + 0.5) / 0.75
    optimizing.as_by_hand(
        "with rate 0.1, β = (0.5, 1), g = -4, 1",
        student.AdaMax(0.1, (0.5, 1.0), 1e-14),
        [-4.0, 1.0],
        [1.1, 1.1 + 0.1 * 0.5 / 0.75 / 4],
    )


@part(1, "a gradient of 0 moves nothing and divides by nothing")
def zero(student: Any) -> None:
    found = optimizing.steps(student.AdaMax(0.1), [np.zeros(2)] * 2, np.array([1.0, -1.0]))
    expect("θ after two gradients of 0", found[-1], [1.0, -1.0])


@part(1, "every parameter has a memory of its own")
def apart(student: Any) -> None:
    optimizing.apart(student.AdaMax(0.1), lambda: AdaMax(0.1))


@part(1, "parameters change in place, their gradients do not")
def in_place(student: Any) -> None:
    optimizing.in_place(student.AdaMax(0.1))


@part(2, "sixty steps down a bowl, as PyTorch takes them")
def agrees(student: Any) -> None:
    import torch

    optimizing.as_torch("of AdaMax", student.AdaMax(0.05), lambda x: torch.optim.Adamax(x, 0.05))
