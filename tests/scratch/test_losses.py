"""Losses and their gradients: worked numbers, finite differences, PyTorch, and what is refused."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from comparing import checked, close
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from nnlabs.core.errors import UserError
from nnlabs.labs.common.agreement import numerical_gradient
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.losses import LOSSES, binary_cross_entropy, cross_entropy, squared_error

Theirs = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
THEIRS: dict[str, Theirs] = {
    "squared_error": lambda y, t: functional.mse_loss(y, t, reduction="sum") / len(y),
    "binary_cross_entropy": lambda z, t: functional.binary_cross_entropy_with_logits(z, t, reduction="sum") / len(z),
    "cross_entropy": functional.cross_entropy,
}


def _case(name: str, n: int, outputs: int, seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    output = rng.normal(scale=2, size=(n, outputs))
    return output, rng.integers(outputs, size=n) if name == "cross_entropy" else rng.random((n, outputs))


def test_squared_error_by_hand() -> None:
    loss, gradient = squared_error(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.0, 2.0], [1.0, 1.0]]))
    assert loss == 7  # (1 + 0 + 4 + 9) / 2 examples
    assert gradient.tolist() == [[1, 0], [2, 3]]  # 2 (y - t) / 2


def test_binary_cross_entropy_by_hand() -> None:
    # s(0) = 1/2, s(ln 3) = 3/4: (ln 2 + (-1/2 ln 3/4 - 1/2 ln 1/4)) / 2
    loss, gradient = binary_cross_entropy(np.array([[0.0], [math.log(3)]]), np.array([[1.0], [0.5]]))
    assert loss == pytest.approx((math.log(2) + (math.log(4 / 3) + math.log(4)) / 2) / 2, rel=1e-15)
    np.testing.assert_allclose(gradient, [[(0.5 - 1) / 2], [(0.75 - 0.5) / 2]], rtol=1e-14)


def test_cross_entropy_by_hand() -> None:
    # softmax (1/4, 3/4) and (1/2, 1/2): (-ln 3/4 - ln 1/2) / 2
    loss, gradient = cross_entropy(np.log([[1.0, 3.0], [5.0, 5.0]]), np.array([1, 0]))
    assert loss == pytest.approx((math.log(4 / 3) + math.log(2)) / 2, rel=1e-15)
    np.testing.assert_allclose(gradient, [[1 / 8, -1 / 8], [-1 / 4, 1 / 4]], rtol=1e-14)


@pytest.mark.parametrize("name", LOSSES)
@checked
@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 999))
def test_by_differences_and_beside_torch(name: str, n: int, outputs: int, seed: int) -> None:
    output, target = _case(name, n, outputs, seed)
    loss, gradient = LOSSES[name](output, target)
    close(gradient, numerical_gradient(lambda y: LOSSES[name](y, target)[0], output.copy()), 1e-8)
    leaf = torch.tensor(output, requires_grad=True)
    value = THEIRS[name](leaf, torch.tensor(target))
    value.backward()
    assert leaf.grad is not None
    assert loss == pytest.approx(value.item(), rel=1e-13, abs=1e-14)
    close(gradient, leaf.grad.numpy(), 1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_logits_lose_nothing_and_the_type_stays(dtype: str) -> None:
    far = np.array([[1e4], [-1e4]], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        wrong, slope = binary_cross_entropy(far, np.array([[0], [1]], dtype))
        right, _ = binary_cross_entropy(far, np.array([[1], [0]], dtype))
        missed, gradient = cross_entropy(np.hstack([far, -far]), np.array([1, 0]))
        met, _ = cross_entropy(np.hstack([far, -far]), np.array([0, 1]))
    assert (wrong, right, missed, met) == (1e4, 0, 2e4, 0)
    assert slope.tolist() == [[0.5], [-0.5]]
    assert gradient.tolist() == [[0.5, -0.5], [-0.5, 0.5]]
    assert (slope.dtype, gradient.dtype, squared_error(far, far)[1].dtype) == (dtype, dtype, dtype)


@pytest.mark.parametrize("kind", ["uint8", "int64"])
def test_labels_may_be_any_whole_numbers(kind: str) -> None:
    logits = np.random.default_rng(0).normal(size=(3, 4))
    assert cross_entropy(logits, np.array([0, 3, 1], kind))[0] == cross_entropy(logits, np.array([0, 3, 1]))[0]


@pytest.mark.parametrize(
    ("loss", "output", "target", "said"),
    [
        ("squared_error", np.ones((2, 3)), np.ones((2, 1)), "squared_error: the output is 2 x 3, the target 2 x 1"),
        ("squared_error", np.ones((2, 1)), np.ones(2), "squared_error: the output is 2 x 1, the target 2"),
        ("squared_error", np.full((2, 1), np.nan), np.ones((2, 1)), "squared_error: output or target, 2 x 1, hold NaN"),
        ("squared_error", np.ones((2, 1)), np.full((2, 1), np.inf), "squared_error: output or target, 2 x 1, hold NaN"),
        ("binary_cross_entropy", np.ones((2, 1)), np.ones((3, 1)), "the output is 2 x 1, the target 3 x 1"),
        (
            "binary_cross_entropy",
            np.ones((1, 1)),
            np.full((1, 1), 1.5),
            "binary_cross_entropy: a target outside 0 to 1",
        ),
        ("binary_cross_entropy", np.ones((1, 1)), np.full((1, 1), -1.0), "a target outside 0 to 1"),
        ("binary_cross_entropy", np.full((1, 1), np.nan), np.ones((1, 1)), "binary_cross_entropy: output or target"),
        ("cross_entropy", np.ones((2, 3)), np.array([0, 3]), "cross_entropy: class 3 found; allowed: 0 to 2, as the"),
        (
            "cross_entropy",
            np.ones((2, 3)),
            np.array([-1, 0]),
            "class -1 found; allowed: 0 to 2, as the logits are 2 x 3",
        ),
        ("cross_entropy", np.ones((2, 3)), np.zeros(3, int), "cross_entropy: labels are 3 for logits of 2 x 3"),
        ("cross_entropy", np.ones((2, 3)), np.zeros((2, 3)), "cross_entropy: labels are 2 x 3 for logits of 2 x 3"),
        ("cross_entropy", np.ones((2, 3)), np.zeros(2), "cross_entropy: labels are float64; whole numbers are needed"),
        ("cross_entropy", np.ones(3), np.zeros(3, int), "cross_entropy: the input is 3; N x K is needed"),
        ("cross_entropy", np.full((1, 2), np.nan), np.zeros(1, int), "cross_entropy: the input, 1 x 2, holds NaN"),
    ],
)
def test_what_does_not_go_together_is_told(loss: str, output: Array, target: Array, said: str) -> None:
    with pytest.raises(UserError) as error:
        LOSSES[loss](output, target)
    assert said in str(error.value)
