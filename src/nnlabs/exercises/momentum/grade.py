"""Gradient descent with momentum."""

from typing import Any

from nnlabs.exercises import optimizing
from nnlabs.exercises.checks import part
from nnlabs.scratch.optimizers import SGD

ASKED = {"nnlabs.scratch.optimizers": ("SGD._update",)}


@part(1, "without momentum: a plain step")
def plain(student: Any) -> None:
    optimizing.as_by_hand("with rate 0.1", student.SGD(0.1), [2.0, 2.0], [0.8, 0.6])


@part(2, "three steps with momentum, by hand")
def worked(student: Any) -> None:
    # v = 1, 1.5, 1.75; θ = 1 - 0.1, - 0.15, - 0.175
    optimizing.as_by_hand("with rate 0.1, μ = 0.5", student.SGD(0.1, 0.5), [1.0, 1.0, 1.0], [0.9, 0.75, 0.575])


@part(1, "it rolls on where the gradient is 0")
def rolls(student: Any) -> None:
    optimizing.as_by_hand("with rate 0.1, μ = 0.9", student.SGD(0.1, 0.9), [1.0, 0.0, 0.0], [0.9, 0.81, 0.729])


@part(1, "every parameter has a velocity of its own")
def apart(student: Any) -> None:
    optimizing.apart(student.SGD(0.1, 0.9), lambda: SGD(0.1, 0.9))


@part(1, "parameters change in place, their gradients do not")
def in_place(student: Any) -> None:
    optimizing.in_place(student.SGD(0.1, 0.9))


@part(2, "sixty steps down a bowl, as PyTorch takes them")
def agrees(student: Any) -> None:
    import torch

    optimizing.as_torch("with μ = 0.9", student.SGD(0.01, 0.9), lambda x: torch.optim.SGD(x, 0.01, 0.9))
