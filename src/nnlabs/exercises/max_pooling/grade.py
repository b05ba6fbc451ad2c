"""Max-pooling, forward and backward."""

from itertools import product
from typing import Any

import numpy as np

from nnlabs.exercises.checks import expect, expect_faster, expect_shape, part, rng
from nnlabs.scratch.arrays import Array

ASKED = {"nnlabs.scratch.convolution": ("MaxPool2d.forward", "MaxPool2d.backward")}
X = np.array([[[[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 8.0, 7.0], [-1.0, -2.0, 6.0, 9.0], [-4.0, -3.0, 9.5, 1.0]]]])


def _agrees(student: Any, kernel: int, stride: int, padding: int, x: Array) -> None:
    import torch

    tensor = torch.tensor(x, requires_grad=True)
    wanted = torch.nn.functional.max_pool2d(tensor, kernel, stride, padding)
    dy = rng(1).standard_normal(tuple(wanted.shape))
    wanted.backward(torch.tensor(dy))
    layer = student.MaxPool2d(kernel, stride, padding)
    told = f"with kernel {kernel}, stride {stride}, padding {padding}"
    expect(f"y {told}", layer.forward(x), wanted.detach().numpy())
    assert tensor.grad is not None
    expect(f"dL/dx {told}", layer.backward(dy), tensor.grad.numpy())


@part(1, "shapes, also where the stride does not fit, a batch of one too")
def shapes(student: Any) -> None:
    for n, kernel, stride, size in ((1, 2, None, 3), (2, 3, None, 2), (2, 3, 2, 3), (1, 7, 1, 1)):
        y = student.MaxPool2d(kernel, stride).forward(np.zeros((n, 3, 7, 7)))
        expect_shape(f"y of 7 x 7 pixels, kernel {kernel}, stride {stride or kernel}", y, n, 3, size, size)


@part(2, "the largest of each window, by hand")
def worked(student: Any) -> None:
    expect("y", student.MaxPool2d(2).forward(X), [[[[5, 8], [-1, 9.5]]]])


@part(2, "the gradient goes to the largest")
def backward(student: Any) -> None:
    layer = student.MaxPool2d(2)
    layer.forward(X)
    wanted = [[[[0, 1, 0, 0], [0, 0, 2, 0], [3, 0, 0, 0], [0, 0, 4, 0]]]]
    expect("dL/dx for dL/dy = [[1, 2], [3, 4]]", layer.backward(np.array([[[[1.0, 2.0], [3.0, 4.0]]]])), wanted)


@part(1, "of equals the first gets all of the gradient")
def ties(student: Any) -> None:
    layer = student.MaxPool2d(2)
    layer.forward(np.array([[[[0.0, 7.0], [7.0, 7.0]]]]))
    expect("dL/dx where three of four are largest", layer.backward(np.ones((1, 1, 1, 1))), [[[[0, 1], [0, 0]]]])


@part(1, "windows that overlap: what is largest twice gets both")
def overlapping(student: Any) -> None:
    layer = student.MaxPool2d(2, 1)
    layer.forward(np.array([[[[0.0, 9.0, 1.0], [2.0, 3.0, 4.0]]]]))
    expect("dL/dx for dL/dy = [[1, 10]]", layer.backward(np.array([[[[1.0, 10.0]]]])), [[[[0, 11, 0], [0, 0, 0]]]])


@part(1, "padding never wins")
def padding(student: Any) -> None:
    _agrees(student, 3, 2, 1, -1 - rng().random((1, 2, 5, 5)))


@part(1, "beside autograd: several channels, strides that do not fit")
def agrees(student: Any) -> None:
    _agrees(student, 3, 2, 0, rng().standard_normal((2, 3, 8, 8)))


@part(1, "faster than the plain loop")
def fast(student: Any) -> None:
    x, layer = rng().standard_normal((4, 8, 32, 32)), student.MaxPool2d(2)

    def loop() -> None:
        for n, c, p, q in product(range(4), range(8), range(16), range(16)):
            max(float(x[n, c, 2 * p + i, 2 * q + j]) for i in range(2) for j in range(2))

    expect_faster("forward of 4 x 8 x 32 x 32", lambda: layer.forward(x), loop, 3)
