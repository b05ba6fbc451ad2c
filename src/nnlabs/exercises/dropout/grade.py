"""Dropout."""

from typing import Any

import numpy as np

from nnlabs.exercises.checks import expect, expect_dtype, expect_that, part, rng

ASKED = {"nnlabs.scratch.layers": ("Dropout.forward", "Dropout.backward")}
X = 1 + rng(1).random((40, 50))
P = 0.25


def _trained(student: Any) -> tuple[Any, Any]:
    layer = student.Dropout(P, rng())
    return layer, layer.forward(X, training=True)


@part(1, "outside of training it does nothing, forward and backward")
def idle(student: Any) -> None:
    layer = student.Dropout(P, rng())
    layer.forward(X, training=True)
    expect("y, not training", layer.forward(X), X)
    expect("dL/dx, not training", layer.backward(X), X)


@part(1, "while training, about p of the values are 0")
def zeros(student: Any) -> None:
    _, y = _trained(student)
    share = float(np.mean(np.equal(y, 0)))
    # of 2,000 values the share of zeros has a standard deviation of 0.01
    expect_that("the share of zeros for p = 0.25", abs(share - P) < 0.05, f"{share:.3f}", "0.2 to 0.3")


@part(2, "what is kept is divided by 1 - p, so that means stay")
def scaled(student: Any) -> None:
    _, y = _trained(student)
    kept = np.not_equal(y, 0)
    expect_that(
        "the number of values kept", bool(kept.any() and not kept.all()), int(kept.sum()), "some of 2,000, not all"
    )
    expect("y / x where it is kept", np.unique(np.round(y[kept] / X[kept], 9)), [round(1 / (1 - P), 9)])


@part(2, "backward has the mask and the scale of the last forward")
def backward(student: Any) -> None:
    layer, y = _trained(student)
    expect("dL/dx for dL/dy = 1, times x", layer.backward(np.ones_like(X)) * X, y)


@part(1, "each forward draws anew, value by value")
def anew(student: Any) -> None:
    layer, y = _trained(student)
    again = layer.forward(X, training=True)
    expect_that("two masks in a row", not np.array_equal(np.equal(y, 0), np.equal(again, 0)), "the same", "two")
    rows = np.equal(y, 0).mean(1)
    expect_that(
        "the zeros of each example", 0 < rows.max() < 1 and 0 < np.equal(y, 0).mean(0).max() < 1, "all or none", "some"
    )


@part(1, "p = 0, and float32 stays")
def nothing(student: Any) -> None:
    x = X.astype(np.float32)
    layer = student.Dropout(0.0, rng())
    y = layer.forward(x, training=True)
    expect_dtype("y of float32", y, "float32")
    expect("y for p = 0", y, x)
