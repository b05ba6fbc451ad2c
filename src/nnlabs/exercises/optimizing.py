"""What the exercises on optimizers share: steps of the student's, of the project's and of PyTorch's, on one problem."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnlabs.exercises.checks import expect, expect_dtype
from nnlabs.scratch.arrays import Array

CURVATURES = np.array([[1.0, 10.0, 3.0], [0.5, 2.0, 20.0]])
"""Of a bowl in six variables."""


def steps(optimizer: Any, gradients: list[Array], start: Array) -> list[Array]:
    """Where a parameter is after each of the gradients."""
    x, path = start.copy(), []
    for g in gradients:
        optimizer.step({"x": x}, {"x": g.copy()})
        path.append(x.copy())
    return path


def as_by_hand(what: str, optimizer: Any, gradients: list[float], wanted: list[float], start: float = 1.0) -> None:
    """One parameter of one number, whose gradients are given."""
    path = steps(optimizer, [np.array([each]) for each in gradients], np.array([start]))
    for i, (found, expected) in enumerate(zip(path, wanted, strict=True), start=1):
        expect(f"θ after step {i} {what}", found[0], expected)


def as_torch(what: str, optimizer: Any, made: Callable[[Any], Any], count: int = 60) -> None:
    """So many steps down the bowl as `torch.optim` takes them; `made` makes its optimizer of a list of parameters."""
    import torch

    x = np.random.default_rng(0).standard_normal(CURVATURES.shape)
    theta = torch.tensor(x, requires_grad=True)
    reference = made([theta])
    for i in range(1, count + 1):
        optimizer.step({"x": x}, {"x": CURVATURES * x})
        theta.grad = torch.tensor(CURVATURES) * theta.detach()
        reference.step()
        expect(f"θ after step {i} {what}, beside torch.optim", x, theta.detach().numpy(), within=1e-7)


def apart(optimizer: Any, alone: Callable[[], Any]) -> None:
    """Two parameters go as each would by itself."""
    a, b = np.array([1.0, 2.0]), np.array([[3.0]])
    for _ in range(3):
        optimizer.step({"a": a, "b": b}, {"a": np.array([1.0, -1.0]), "b": np.array([[5.0]])})
    for name, found, start, g in (("a", a, [1.0, 2.0], [1.0, -1.0]), ("b", b, [[3.0]], [[5.0]])):
        expect(f"{name}, beside another parameter", found, steps(alone(), [np.array(g)] * 3, np.array(start))[-1])


def in_place(optimizer: Any) -> None:
    """The parameter is changed itself, keeps its type, and the gradient is left alone."""
    x, g = np.ones(3, np.float32), np.full(3, 0.5, np.float32)
    for _ in range(2):
        optimizer.step({"x": x}, {"x": g})
    expect("whether the parameter's own array has changed", bool((x != 1).all()), True)
    expect_dtype("a parameter of float32, afterwards", x, "float32")
    expect("the gradient, afterwards", g, np.full(3, 0.5))
