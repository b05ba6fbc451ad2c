"""Batch normalisation."""

from typing import Any

import numpy as np

from nnlabs.exercises.checks import NUMERICAL, expect, expect_shape, numerical_gradient, part, rng
from nnlabs.scratch.arrays import Array

ASKED = {"nnlabs.scratch.layers": ("BatchNorm.forward", "BatchNorm.backward")}
GAMMA, BETA = np.array([2.0, 0.5]), np.array([1.0, -1.0])
X = np.array([[1.0, 10.0], [3.0, 30.0], [5.0, 20.0], [7.0, 40.0]])


def _layer(student: Any, features: int = 2, scaled: bool = True) -> Any:
    layer = student.BatchNorm(features)
    if scaled:
        layer.parameters = {"weight": GAMMA, "bias": BETA}
    return layer


def _normal(x: Array) -> Array:
    return (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)


@part(1, "shapes, of N x F and of images")
def shapes(student: Any) -> None:
    for sizes in ((4, 3), (2, 3, 4, 5)):
        expect_shape("y", _layer(student, 3, scaled=False).forward(rng().random(sizes), training=True), *sizes)


@part(2, "while training, each feature of the batch has mean β and deviation γ")
def training(student: Any) -> None:
    expect("y with γ = 2, 0.5 and β = 1, -1", _layer(student).forward(X, training=True), GAMMA * _normal(X) + BETA)


@part(2, "running mean and variance follow the batches")
def tracked(student: Any) -> None:
    layer = _layer(student)
    layer.forward(X, training=True)
    buffers = layer.buffers
    expect("running_mean after one batch", buffers["running_mean"], 0.1 * X.mean(0))
    expect("running_var after one batch, of variances over n - 1", buffers["running_var"], 0.9 + 0.1 * X.var(0, ddof=1))


@part(1, "afterwards the running ones serve, and stay, a batch of one too")
def evaluating(student: Any) -> None:
    layer = _layer(student)
    layer.buffers = {
        "running_mean": np.array([1.0, 2.0]),
        "running_var": np.array([4.0, 9.0]),
        "num_batches_tracked": np.zeros(()),
    }
    x = np.array([[3.0, 5.0]])
    expect("y of one example", layer.forward(x), GAMMA * (x - [1, 2]) / np.sqrt(np.array([4, 9]) + 1e-5) + BETA)
    expect("running_mean, afterwards", layer.buffers["running_mean"], [1, 2])
    layer.backward(np.ones((1, 2)))
    expect(
        "dL/dx through running statistics", layer.backward(np.ones((1, 2))), [GAMMA / np.sqrt(np.array([4, 9]) + 1e-5)]
    )


@part(1, "the gradients by γ and β")
def parameters(student: Any) -> None:
    layer, dy = _layer(student), rng(1).standard_normal(X.shape)
    layer.forward(X, training=True)
    layer.backward(dy)
    expect('gradients["weight"]', layer.gradients["weight"], (dy * _normal(X)).sum(0))
    expect('gradients["bias"]', layer.gradients["bias"], dy.sum(0))


@part(2, "the gradient by x goes through mean and variance too")
def passed_on(student: Any) -> None:
    layer, dy, x = _layer(student), rng(1).standard_normal((5, 2)), rng(2).standard_normal((5, 2))
    layer.forward(x, training=True)
    found = layer.backward(dy)
    wanted = numerical_gradient(lambda each: float((dy * (GAMMA * _normal(each) + BETA)).sum()), x)
    expect("dL/dx, beside central differences", found, wanted, NUMERICAL)


@part(1, "beside autograd, for images")
def images(student: Any) -> None:
    import torch

    x, dy = rng(3).standard_normal((3, 2, 4, 4)), rng(4).standard_normal((3, 2, 4, 4))
    layer = _layer(student)
    y = layer.forward(x, training=True)
    tensor = torch.tensor(x, requires_grad=True)
    wanted = torch.nn.functional.batch_norm(tensor, None, None, torch.tensor(GAMMA), torch.tensor(BETA), training=True)
    wanted.backward(torch.tensor(dy))
    expect("y of 3 x 2 x 4 x 4", y, wanted.detach().numpy())
    assert tensor.grad is not None
    expect("dL/dx of 3 x 2 x 4 x 4", layer.backward(dy), tensor.grad.numpy())
