"""Nesterov's momentum."""

from typing import Any

from nnlabs.exercises import optimizing
from nnlabs.exercises.checks import part
from nnlabs.scratch.optimizers import SGD

ASKED = {"nnlabs.scratch.optimizers": ("SGD._update",)}


@part(1, "without it, momentum is as it was")
def momentum(student: Any) -> None:
    optimizing.as_by_hand("with rate 0.1, μ = 0.5", student.SGD(0.1, 0.5), [1.0, 1.0, 1.0], [0.9, 0.75, 0.575])


@part(1, "the first step is already the longer one")
def first(student: Any) -> None:
    # v = 1, and the step is g + μ v = 1.5
    optimizing.as_by_hand("with rate 0.1, μ = 0.5, nesterov", student.SGD(0.1, 0.5, True), [1.0], [0.85])


@part(2, "three steps, by hand")
def worked(student: Any) -> None:
    # v = 1, 1.5, -1.25; g + μ v = 1.5, 1.75, -2.625
    optimizing.as_by_hand(
        "with rate 0.1, μ = 0.5, nesterov", student.SGD(0.1, 0.5, True), [1.0, 1.0, -2.0], [0.85, 0.675, 0.9375]
    )


@part(1, "every parameter has a velocity of its own")
def apart(student: Any) -> None:
    optimizing.apart(student.SGD(0.1, 0.9, True), lambda: SGD(0.1, 0.9, True))


@part(1, "parameters change in place, their gradients do not")
def in_place(student: Any) -> None:
    optimizing.in_place(student.SGD(0.1, 0.9, True))


@part(2, "sixty steps down a bowl, as PyTorch takes them")
def agrees(student: Any) -> None:
    import torch

    optimizing.as_torch(
        "with μ = 0.9, nesterov", student.SGD(0.01, 0.9, True), lambda x: torch.optim.SGD(x, 0.01, 0.9, nesterov=True)
    )
