"""Convolution, forward and backward."""

from itertools import product
from typing import Any

import numpy as np

from nnlabs.exercises.checks import NUMERICAL, expect, expect_faster, expect_shape, numerical_gradient, part, rng
from nnlabs.scratch.arrays import Array

ASKED = {"nnlabs.scratch.convolution": ("Conv2d.forward", "Conv2d.backward")}
X = np.arange(16.0).reshape(1, 1, 4, 4)
EDGE = np.array([[[[1.0, -1.0], [2.0, 0.0]]]])


def plain(x: Array, weight: Array, bias: Array, stride: int = 1) -> Array:
    """The formula as a loop over all its indices."""
    outputs, channels, height, width = weight.shape
    rows, columns = (x.shape[2] - height) // stride + 1, (x.shape[3] - width) // stride + 1
    y = np.zeros((len(x), outputs, rows, columns))
    for n, o, p, q in product(*map(range, y.shape)):
        total = float(bias[o])
        for c, i, j in product(range(channels), range(height), range(width)):
            total += float(weight[o, c, i, j]) * float(x[n, c, p * stride + i, q * stride + j])
        y[n, o, p, q] = total
    return y


def _layer(student: Any, weight: Array, bias: Array, stride: int = 1, padding: int = 0) -> Any:
    outputs, inputs, height, width = weight.shape
    layer = student.Conv2d(inputs, outputs, (height, width), rng(), stride, padding)
    layer.parameters = {"weight": weight, "bias": bias}
    return layer


def _random(stride: int = 1, padding: int = 0, size: int = 5) -> tuple[Array, Array, Array, Array]:
    """x, weight, bias and dL/dy of a layer from two channels to three."""
    x, weight, bias = (
        rng(0).standard_normal((2, 2, size, size)),
        rng(1).standard_normal((3, 2, 3, 2)),
        rng(2).standard_normal(3),
    )
    rows, columns = ((size + 2 * padding - kernel) // stride + 1 for kernel in (3, 2))
    return x, weight, bias, rng(3).standard_normal((2, 3, rows, columns))


@part(1, "shapes, with stride and padding, a batch of one too")
def shapes(student: Any) -> None:
    for n, stride, padding, size in ((1, 1, 0, 4), (2, 1, 1, 6), (2, 2, 1, 3), (1, 3, 0, 2)):
        layer = student.Conv2d(2, 5, 3, rng(), stride, padding)
        expect_shape(f"y, stride {stride}, padding {padding}", layer.forward(np.ones((n, 2, 6, 6))), n, 5, size, size)


@part(2, "the output, by hand")
def worked(student: Any) -> None:
    # top left: 1·0 - 1·1 + 2·4 + 0·5 = 7; one to the right, or down, adds up to 2 a column and 8 a row
    wanted = [[[[7.5, 9.5, 11.5], [15.5, 17.5, 19.5], [23.5, 25.5, 27.5]]]]
    expect(
        "y of 0 to 15 with the kernel [[1, -1], [2, 0]] and bias 0.5",
        _layer(student, EDGE, np.array([0.5])).forward(X),
        wanted,
    )


@part(1, "several channels")
def channels(student: Any) -> None:
    x, weight, bias, _ = _random()
    expect("y of 2 x 2 x 5 x 5", _layer(student, weight, bias).forward(x), plain(x, weight, bias))


@part(2, "the weight's gradient")
def weight(student: Any) -> None:
    x, weight, bias, dy = _random()
    layer = _layer(student, weight, bias)
    layer.forward(x)
    layer.backward(dy)
    wanted = numerical_gradient(lambda w: float((dy * plain(x, w, bias)).sum()), weight)
    expect('gradients["weight"], beside central differences', layer.gradients["weight"], wanted, NUMERICAL)


@part(1, "the bias's gradient")
def bias(student: Any) -> None:
    x, weight, bias, dy = _random()
    layer = _layer(student, weight, bias)
    layer.forward(x)
    layer.backward(dy)
    expect('gradients["bias"]', layer.gradients["bias"], dy.sum((0, 2, 3)))


@part(2, "the input's gradient")
def passed_on(student: Any) -> None:
    layer = _layer(student, EDGE, np.zeros(1))
    layer.forward(X)
    dy = np.array([[[[1.0, 0, 0], [0, 0, 0], [0, 0, 10.0]]]])
    wanted = [[[[1, -1, 0, 0], [2, 0, 0, 0], [0, 0, 10, -10], [0, 0, 20, 0]]]]
    expect("dL/dx where two windows have a gradient, 1 and 10", layer.backward(dy), wanted)


@part(2, "beside autograd: padding, and strides that do not fit")
def agrees(student: Any) -> None:
    import torch

    for stride, padding, size in ((1, 1, 5), (2, 0, 6), (2, 1, 6)):
        x, weight, bias, dy = _random(stride, padding, size)
        layer = _layer(student, weight, bias, stride, padding)
        told = f"with stride {stride}, padding {padding}, 6 pixels"
        tensors = [torch.tensor(each, requires_grad=True) for each in (x, weight, bias)]
        wanted = torch.nn.functional.conv2d(tensors[0], tensors[1], tensors[2], stride, padding)
        wanted.backward(torch.tensor(dy))
        expect(f"y {told}", layer.forward(x), wanted.detach().numpy())
        dx, found = layer.backward(dy), layer.gradients
        for what, each, tensor in zip(
            ("dL/dx", "dL/dw", "dL/db"), (dx, found["weight"], found["bias"]), tensors, strict=True
        ):
            assert tensor.grad is not None
            expect(f"{what} {told}", each, tensor.grad.numpy())


@part(1, "faster than the plain loop")
def fast(student: Any) -> None:
    x, weight, bias = rng(0).standard_normal((4, 3, 16, 16)), rng(1).standard_normal((4, 3, 3, 3)), np.zeros(4)
    layer = _layer(student, weight, bias)
    expect_faster("forward of 4 x 3 x 16 x 16", lambda: layer.forward(x), lambda: plain(x, weight, bias), 4)
