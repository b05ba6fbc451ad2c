"""The linear layer."""

from typing import Any

import numpy as np

from nnlabs.exercises.checks import NUMERICAL, expect, expect_faster, expect_shape, numerical_gradient, part, rng
from nnlabs.scratch.arrays import Array

ASKED = {"nnlabs.scratch.layers": ("Linear.forward", "Linear.backward")}
WEIGHT, BIAS = np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 0.5]]), np.array([0.1, 0.2, 0.3])
X, DY = np.array([[1.0, 2.0], [-1.0, 0.5]]), np.array([[1.0, 0.0, 2.0], [0.5, -1.0, 0.0]])


def _layer(student: Any, weight: Array = WEIGHT, bias: Array = BIAS) -> Any:
    outputs, inputs = weight.shape
    layer = student.Linear(inputs, outputs, rng())
    layer.parameters = {"weight": weight, "bias": bias}
    return layer


def _after(student: Any) -> tuple[Any, Any]:
    layer = _layer(student)
    layer.forward(X)
    return layer, layer.backward(DY)


@part(1, "shapes, a batch of one too")
def shapes(student: Any) -> None:
    for n in (1, 5):
        layer = student.Linear(4, 3, rng())
        expect_shape(f"y of {n} x 4", layer.forward(np.ones((n, 4))), n, 3)


@part(2, "the output, by hand")
def forward(student: Any) -> None:
    wanted = [[5.1, 1.2, 1.3], [0.1, -3.3, 0.55]]
    expect("y = x Wᵀ + b of two examples", _layer(student).forward(X), wanted)


@part(2, "the weight's gradient")
def weight(student: Any) -> None:
    layer, _ = _after(student)
    expect('gradients["weight"]', layer.gradients["weight"], [[0.5, 2.25], [1.0, -0.5], [2.0, 4.0]])


@part(1, "the bias's gradient")
def bias(student: Any) -> None:
    layer, _ = _after(student)
    expect('gradients["bias"]', layer.gradients["bias"], [1.5, -1.0, 2.0])


@part(2, "the input's gradient")
def passed_on(student: Any) -> None:
    _, dx = _after(student)
    expect("what backward returns, dL/dx", dx, [[1.0, 3.0], [-2.5, 2.0]])


@part(1, "all three are slopes of your own output")
def slopes(student: Any) -> None:
    layer, x, dy = student.Linear(3, 2, rng()), rng(1).standard_normal((4, 3)), rng(2).standard_normal((4, 2))
    weight, bias = rng(3).standard_normal((2, 3)), rng(4).standard_normal(2)

    def total(weight: Array, bias: Array, x: Array) -> float:
        layer.parameters = {"weight": weight, "bias": bias}
        return float(np.sum(dy * layer.forward(x)))

    total(weight, bias, x)
    dx, found = layer.backward(dy), layer.gradients
    expect('gradients["weight"]', found["weight"], numerical_gradient(lambda w: total(w, bias, x), weight), NUMERICAL)
    expect('gradients["bias"]', found["bias"], numerical_gradient(lambda b: total(weight, b, x), bias), NUMERICAL)
    expect("dL/dx", dx, numerical_gradient(lambda each: total(weight, bias, each), x), NUMERICAL)


@part(1, "faster than a loop over numbers")
def fast(student: Any) -> None:
    x, weight = rng(0).standard_normal((40, 50)), rng(1).standard_normal((30, 50))
    layer = _layer(student, weight, np.zeros(30))

    def loop() -> None:
        for row in x:
            for unit in weight:
                sum(float(a) * float(b) for a, b in zip(row, unit, strict=True))

    expect_faster("forward of 40 x 50 to 30", lambda: layer.forward(x), loop, 3)
