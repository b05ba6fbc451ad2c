"""The sigmoid without overflow, and its derivative."""

from math import exp
from typing import Any

import numpy as np

from nnlabs.exercises.checks import NUMERICAL, expect, expect_dtype, expect_faster, part

ASKED = {"nnlabs.scratch.activations.sigmoid": ("sigmoid", "sigmoid_derivative")}
POINTS = np.array([-5.0, -2.0, -0.5, 0.0, 0.5, 2.0, 5.0])


@part(2, "values of the sigmoid")
def values(student: Any) -> None:
    expect(
        "sigmoid(z) for z = -5, -2, -0.5, 0, 0.5, 2, 5", student.sigmoid(POINTS), [1 / (1 + exp(-z)) for z in POINTS]
    )


@part(2, "no overflow, however large z is, and the small values keep their digits")
def large(student: Any) -> None:
    with student.overflow_raised():
        expect("sigmoid(z) for z = -1000, 1000", student.sigmoid(np.array([-1000.0, 1000.0])), [0, 1])
        small = student.sigmoid(np.array([-40.0, -700.0]))
    expect("sigmoid(z) / eᶻ for z = -40, -700", small / np.exp([-40.0, -700.0]), [1, 1])


@part(2, "values of the derivative")
def derivative(student: Any) -> None:
    wanted = [exp(-z) / (1 + exp(-z)) ** 2 for z in POINTS]
    expect("sigmoid_derivative(z) for z = -5, -2, -0.5, 0, 0.5, 2, 5", student.sigmoid_derivative(POINTS), wanted)


@part(1, "the derivative is the slope of your own sigmoid")
def slope(student: Any) -> None:
    h = 1e-5
    numerical = (student.sigmoid(POINTS + h) - student.sigmoid(POINTS - h)) / (2 * h)
    expect(
        "sigmoid_derivative(z), beside a central difference", student.sigmoid_derivative(POINTS), numerical, NUMERICAL
    )


@part(1, "the derivative keeps its digits where the sigmoid is almost 1")
def digits(student: Any) -> None:
    with student.overflow_raised():
        found = student.sigmoid_derivative(np.array([40.0, -40.0, 700.0]))
    expect("sigmoid_derivative(z) / e^-|z| for z = 40, -40, 700", found / np.exp([-40.0, -40.0, -700.0]), [1, 1, 1])


@part(1, "any shape, and float32 stays")
def shapes(student: Any) -> None:
    z = np.linspace(-1, 1, 6, dtype=np.float32).reshape(1, 2, 3)
    for name in ("sigmoid", "sigmoid_derivative"):
        found = getattr(student, name)(z)
        expect_dtype(f"{name}(z) of float32", found, "float32")
        expect(f"the number of axes of {name}(z)", np.ndim(found), 3)


@part(1, "faster than a loop over numbers")
def fast(student: Any) -> None:
    z = np.linspace(-10, 10, 200_000)
    expect_faster(
        "sigmoid of 200,000 numbers", lambda: student.sigmoid(z), lambda: [1 / (1 + exp(-each)) for each in z], 3
    )
