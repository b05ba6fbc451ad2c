"""Softmax and the cross-entropy."""

from math import exp, log
from typing import Any

import numpy as np

from nnlabs.exercises.checks import NUMERICAL, expect, expect_that, numerical_gradient, part, rng

ASKED = {
    "nnlabs.scratch.activations.softmax": ("softmax",),
    "nnlabs.scratch.activations.log_softmax": ("log_softmax",),
    "nnlabs.scratch.losses": ("cross_entropy",),
}
LOGITS, LABELS = np.array([[1.0, 2.0, 3.0], [0.5, 0.0, -1.0]]), np.array([2, 1])


@part(1, "softmax, by hand")
def softmax(student: Any) -> None:
    e = np.exp(LOGITS)
    expect("softmax([[1, 2, 3], [0.5, 0, -1]])", student.softmax(LOGITS), e / e.sum(1, keepdims=True))


@part(1, "softmax over the last axis, whatever is before it")
def axes(student: Any) -> None:
    z = rng().standard_normal((2, 3, 4))
    expect("the sums of softmax(z) over the last axis", np.sum(student.softmax(z), axis=-1), np.ones((2, 3)))
    expect("softmax of a single row", student.softmax(np.zeros(4)), np.full(4, 0.25))


@part(2, "logits of 1,000")
def large(student: Any) -> None:
    z = np.array([[1000.0, 0.0, -1000.0]])
    with student.overflow_raised():
        expect("softmax([[1000, 0, -1000]])", student.softmax(z), [[1, 0, 0]])
        expect("log_softmax([[1000, 0, -1000]])", student.log_softmax(z), [[0, -1000, -2000]])


@part(1, "the logarithm of softmax")
def logarithm(student: Any) -> None:
    wanted = LOGITS - np.log(np.exp(LOGITS).sum(1, keepdims=True))
    expect("log_softmax([[1, 2, 3], [0.5, 0, -1]])", student.log_softmax(LOGITS), wanted)


@part(2, "the loss, by hand")
def loss(student: Any) -> None:
    found, _ = student.cross_entropy(LOGITS, LABELS)
    first = log(exp(1) + exp(2) + exp(3)) - 3
    second = log(exp(0.5) + exp(0) + exp(-1)) - 0
    expect("the loss of two examples with labels 2, 1", found, (first + second) / 2)


@part(2, "the gradient, beside central differences of the true loss")
def gradient(student: Any) -> None:
    from nnlabs.scratch.losses import cross_entropy

    _, found = student.cross_entropy(LOGITS, LABELS)
    wanted = numerical_gradient(lambda z: cross_entropy(z, LABELS)[0], LOGITS)
    expect("dL/dz of two examples", found, wanted, NUMERICAL)


@part(1, "a batch of one, and labels and logits as they were")
def one(student: Any) -> None:
    z, labels = np.array([[0.0, 0.0]]), np.array([1])
    found, slope = student.cross_entropy(z, labels)
    expect("the loss of two equal logits", found, log(2))
    expect("its gradient", slope, [[0.5, -0.5]])
    expect("the logits, afterwards", z, [[0, 0]])


@part(1, "beside PyTorch, a larger batch")
def agrees(student: Any) -> None:
    import torch

    z, labels = 5 * rng(1).standard_normal((50, 10)), rng(2).integers(10, size=50)
    tensor = torch.tensor(z, requires_grad=True)
    wanted = torch.nn.functional.cross_entropy(tensor, torch.tensor(labels))
    wanted.backward()
    found, slope = student.cross_entropy(z, labels)
    expect_that("the loss", isinstance(found, float), type(found).__name__, "a number")
    expect("the loss of 50 examples", found, wanted.item())
    assert tensor.grad is not None
    expect("dL/dz of 50 examples", slope, tensor.grad.numpy())
