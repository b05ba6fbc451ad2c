"""One step of skip-gram with negative sampling."""

from math import exp, log
from typing import Any

import numpy as np

from nnlabs.exercises.checks import NUMERICAL, expect, numerical_gradient, part, rng
from nnlabs.scratch.arrays import Array

ASKED = {"nnlabs.scratch.word2vec": ("loss", "gradients", "step")}
VECTOR, OUTPUTS = np.array([1.0, -2.0]), np.array([[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]])


def _softplus(z: Array) -> Array:
    return np.asarray(np.logaddexp(0, z))


def true_loss(vector: Array, outputs: Array) -> float:
    """-log s(u_0 v) - Σ_k log s(-u_k v), written out once more."""
    scores = outputs @ vector
    return float(_softplus(-scores[0]) + _softplus(scores[1:]).sum())


def _tables() -> tuple[Array, Array]:
    return rng(0).standard_normal((6, 4)), rng(1).standard_normal((6, 4))


@part(2, "the loss, by hand")
def loss(student: Any) -> None:
    # scores -0.5, 1, -2: the first word is near, two are not
    expect("loss of [1, -2]", student.loss(VECTOR, OUTPUTS), log(1 + exp(0.5)) + log(1 + exp(1)) + log(1 + exp(-2)))


@part(1, "scores of 1,000")
def large(student: Any) -> None:
    with student.overflow_raised():
        expect("loss with scores -1000, 1000", student.loss(np.array([1000.0]), np.array([[-1.0], [1.0]])), 2000)


@part(2, "the gradient by the word's vector")
def by_vector(student: Any) -> None:
    found, _ = student.gradients(VECTOR, OUTPUTS)
    wanted = numerical_gradient(lambda each: true_loss(each, OUTPUTS), VECTOR)
    expect("dL/dv, beside central differences", found, wanted, NUMERICAL)


@part(2, "the gradient by the outputs' vectors")
def by_outputs(student: Any) -> None:
    _, found = student.gradients(VECTOR, OUTPUTS)
    wanted = numerical_gradient(lambda each: true_loss(VECTOR, each), OUTPUTS)
    expect("dL/du, beside central differences", found, wanted, NUMERICAL)


@part(1, "a step returns the loss before it, and changes the vectors of these words alone")
def alone(student: Any) -> None:
    inputs, outputs = _tables()
    before = true_loss(inputs[2], outputs[[4, 0]])
    found = student.step(inputs, outputs, 2, 4, np.array([0]), 0.1)
    expect("the loss that step returns", found, before)
    first, second = _tables()
    expect("inputs of the other words", np.delete(inputs, 2, 0), np.delete(first, 2, 0))
    expect("outputs of the other words", outputs[[1, 2, 3, 5]], second[[1, 2, 3, 5]])


@part(2, "a step goes down both gradients, taken before it")
def step(student: Any) -> None:
    (inputs, outputs), (first, second) = _tables(), _tables()
    student.step(inputs, outputs, 2, 4, np.array([0, 1]), 0.1)
    chosen = second[[4, 0, 1]]
    down = numerical_gradient(lambda each: true_loss(each, chosen), first[2])
    expect("the word's vector", inputs[2], first[2] - 0.1 * down, NUMERICAL)
    down = numerical_gradient(lambda each: true_loss(first[2], each), chosen)
    expect("the outputs' vectors", outputs[[4, 0, 1]], chosen - 0.1 * down, NUMERICAL)


@part(1, "a negative that is the near word is left out")
def itself(student: Any) -> None:
    tables, wanted = _tables(), _tables()
    student.step(*tables, 2, 4, np.array([0, 4, 1]), 0.1)
    student.step(*wanted, 2, 4, np.array([0, 1]), 0.1)
    expect("the outputs' vectors", tables[1], wanted[1])
    scores = _tables()[1][[4, 0, 1]] @ _tables()[0][2]
    probability = 1 / (1 + np.exp(-scores))
    expect(
        "how far the near word's vector went",
        tables[1][4] - _tables()[1][4],
        0.1 * (1 - probability[0]) * _tables()[0][2],
    )


@part(1, "a negative that was drawn twice counts twice")
def twice(student: Any) -> None:
    (inputs, outputs), (first, second) = _tables(), _tables()
    student.step(inputs, outputs, 2, 4, np.array([0, 0]), 0.1)
    probability = 1 / (1 + np.exp(-second[0] @ first[2]))
    expect("the vector of the word drawn twice", outputs[0], second[0] - 2 * 0.1 * probability * first[2])
