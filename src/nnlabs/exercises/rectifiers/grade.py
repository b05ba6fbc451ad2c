"""ReLU and its relatives, with their derivatives."""

from math import exp
from typing import Any

import numpy as np

from nnlabs.exercises.checks import NUMERICAL, expect, expect_dtype, part

ASKED = {
    "nnlabs.scratch.activations.relu": ("relu", "relu_derivative"),
    "nnlabs.scratch.activations.leaky_relu": ("leaky_relu", "leaky_relu_derivative"),
    "nnlabs.scratch.activations.elu": ("elu", "elu_derivative"),
}
Z = np.array([-2.0, -0.5, 0.5, 2.0])
SHOWN = "z = -2, -0.5, 0.5, 2"


@part(1, "ReLU")
def relu(student: Any) -> None:
    expect(f"relu(z) for {SHOWN}", student.relu(Z), [0, 0, 0.5, 2])
    expect(f"relu_derivative(z) for {SHOWN}", student.relu_derivative(Z), [0, 0, 1, 1])


@part(2, "leaky ReLU, with its slope")
def leaky_relu(student: Any) -> None:
    expect(f"leaky_relu(z) for {SHOWN}", student.leaky_relu(Z), [-0.02, -0.005, 0.5, 2])
    expect(f"leaky_relu(z, 0.2) for {SHOWN}", student.leaky_relu(Z, 0.2), [-0.4, -0.1, 0.5, 2])
    expect(f"leaky_relu_derivative(z, 0.2) for {SHOWN}", student.leaky_relu_derivative(Z, 0.2), [0.2, 0.2, 1, 1])


@part(2, "ELU, with its alpha")
def elu(student: Any) -> None:
    wanted = np.array([exp(-2) - 1, exp(-0.5) - 1, 0.5, 2])
    expect(f"elu(z) for {SHOWN}", student.elu(Z), wanted)
    expect(f"elu(z, 0.5) for {SHOWN}", student.elu(Z, 0.5), np.where(Z > 0, wanted, 0.5 * wanted))


@part(2, "ELU's derivative is its slope")
def elu_slope(student: Any) -> None:
    h = 1e-5
    for alpha in (1.0, 0.5):
        numerical = (student.elu(Z + h, alpha) - student.elu(Z - h, alpha)) / (2 * h)
        expect(f"elu_derivative(z, {alpha}) for {SHOWN}", student.elu_derivative(Z, alpha), numerical, NUMERICAL)


@part(1, "at the kink the derivative is the left one, as in PyTorch")
def kink(student: Any) -> None:
    zero = np.zeros(1)
    expect("relu_derivative(0)", student.relu_derivative(zero), [0])
    expect("leaky_relu_derivative(0, 0.2)", student.leaky_relu_derivative(zero, 0.2), [0.2])
    expect("elu_derivative(0, 0.5)", student.elu_derivative(zero, 0.5), [0.5])


@part(1, "ELU does not overflow")
def large(student: Any) -> None:
    z = np.array([-1000.0, 1000.0])
    with student.overflow_raised():
        expect("elu(z) for z = -1000, 1000", student.elu(z), [-1, 1000])
        expect("elu_derivative(z) for z = -1000, 1000", student.elu_derivative(z), [0, 1])


@part(1, "any shape, and float32 stays")
def shapes(student: Any) -> None:
    z = Z.astype(np.float32).reshape(1, 2, 2)
    for name in ("relu", "relu_derivative", "leaky_relu", "leaky_relu_derivative", "elu", "elu_derivative"):
        found = getattr(student, name)(z)
        expect_dtype(f"{name}(z) of float32", found, "float32")
        expect(f"the number of axes of {name}(z)", np.ndim(found), 3)
