"""Initial weights, and the norms of gradients that follow from them."""

from math import sqrt
from typing import Any

import numpy as np

from nnlabs.exercises.checks import expect, expect_dtype, expect_shape, expect_that, part, rng
from nnlabs.exercises.initialisation.solution import gradient_norms
from nnlabs.scratch.arrays import Array

ASKED = {
    "nnlabs.scratch.initialisation": ("xavier", "he", "lecun", "weights"),
    "nnlabs.exercises.initialisation.solution": ("gradient_norms",),
}


@part(1, "Xavier's rule")
def xavier(student: Any) -> None:
    expect("xavier(300, 100)", student.xavier(300, 100), sqrt(2 / 400))


@part(1, "He's rule")
def he(student: Any) -> None:
    expect("he(300, 100)", student.he(300, 100), sqrt(2 / 300))


@part(1, "LeCun's rule")
def lecun(student: Any) -> None:
    expect("lecun(300, 100)", student.lecun(300, 100), sqrt(1 / 300))


@part(1, "the shape and the type of weights")
def shapes(student: Any) -> None:
    expect_shape("weights('he', (3, 4), rng)", student.weights("he", (3, 4), rng()), 3, 4)
    found = student.weights("xavier", (3, 4, 5, 5), rng(), "float32")
    expect_shape("weights('xavier', (3, 4, 5, 5), rng)", found, 3, 4, 5, 5)
    expect_dtype("weights of dtype float32", found, "float32")


@part(2, "the spread of a matrix, which is outputs x inputs")
def matrix(student: Any) -> None:
    for rule, wanted in (("he", sqrt(2 / 400)), ("lecun", sqrt(1 / 400)), ("xavier", sqrt(2 / 500)), ("normal", 1.0)):
        found = student.weights(rule, (100, 400), rng())
        _spread(f"weights('{rule}', (100, 400), rng)", found, wanted)


@part(2, "the spread of kernels: an output sees inputs x height x width numbers")
def kernels(student: Any) -> None:
    _spread("weights('he', (64, 32, 5, 5), rng)", student.weights("he", (64, 32, 5, 5), rng()), sqrt(2 / (32 * 25)))
    wanted = sqrt(2 / ((32 + 64) * 25))
    _spread("weights('xavier', (64, 32, 5, 5), rng)", student.weights("xavier", (64, 32, 5, 5), rng()), wanted)


@part(2, "the gradient norms of one layer and of two")
def norms(student: Any) -> None:
    layers = [rng(i).standard_normal(size) for i, size in enumerate(((4, 3), (2, 4)))]
    x, dy = rng(5).standard_normal((6, 3)), rng(6).standard_normal((6, 2))
    expect(
        "gradient_norms of one layer",
        student.gradient_norms(layers[:1], x, dy @ layers[1]),
        gradient_norms(layers[:1], x, dy @ layers[1]),
    )
    expect("gradient_norms of two layers", student.gradient_norms(layers, x, dy), gradient_norms(layers, x, dy))


@part(2, "ten layers, beside autograd")
def deep(student: Any) -> None:
    import torch

    layers = [rng(i).standard_normal((20, 20)) / sqrt(20) for i in range(10)]
    x, dy = rng(20).standard_normal((8, 20)), rng(21).standard_normal((8, 20))
    tensors = [torch.tensor(each, requires_grad=True) for each in layers]
    hidden = torch.tensor(x)
    for each in tensors:
        hidden = torch.tanh(hidden @ each.T)
    hidden.backward(torch.tensor(dy))
    wanted = [float(each.grad.norm()) for each in tensors if each.grad is not None]
    expect("gradient_norms of ten layers", student.gradient_norms(layers, x, dy), wanted)


def _spread(what: str, found: Array, wanted: float) -> None:
    """Within 3 % of what it should be, and about 0: 40,000 normal numbers have a spread within 1.1 % of theirs."""
    spread, mean = float(np.std(found)), float(np.mean(found))
    expect_that(
        f"the standard deviation of {what}", abs(spread / wanted - 1) < 0.03, f"{spread:.4f}", f"about {wanted:.4f}"
    )
    expect_that(f"the mean of {what}", abs(mean) < 0.03 * wanted, f"{mean:.4f}", "about 0")
