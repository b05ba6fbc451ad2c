"""Activation functions and derivatives: worked numbers, differences, PyTorch, and what is far away."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from comparing import checked, close
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from nnlabs.core.errors import UserError
from nnlabs.scratch import activations
from nnlabs.scratch.activations import activation
from nnlabs.scratch.activations.log_softmax import log_softmax, log_softmax_derivative
from nnlabs.scratch.activations.softmax import softmax, softmax_derivative

POINTS = np.array([-5.0, -2.0, 0.0, 2.0, 5.0])
THEIRS: dict[str, Callable[..., torch.Tensor]] = {
    "identity": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": functional.relu,
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
}
SHAPED = [("leaky_relu", {"slope": 0.2}, {"negative_slope": 0.2}), ("elu", {"alpha": 1.5}, {"alpha": 1.5})]


@pytest.mark.parametrize(
    ("name", "shape", "values", "derivatives"),
    [
        # f = z, f' = 1
        ("identity", {}, [-5, -2, 0, 2, 5], [1, 1, 1, 1, 1]),
        # 1 / (1 + e^2) = 1 / 8.3890561 = 0.11920292; s (1 - s) = 0.11920292 * 0.88079708 = 0.10499359
        (
            "sigmoid",
            {},
            [0.00669285, 0.11920292, 0.5, 0.88079708, 0.99330715],
            [0.00664806, 0.10499359, 0.25, 0.10499359, 0.00664806],
        ),
        # (e^2 - e^-2) / (e^2 + e^-2) = 7.2537208 / 7.5243914 = 0.96402758; 1 - 0.96402758^2 = 0.07065082
        (
            "tanh",
            {},
            [-0.99990920, -0.96402758, 0, 0.96402758, 0.99990920],
            [0.00018158, 0.07065082, 1, 0.07065082, 0.00018158],
        ),
        # the left derivative at the kink: 0
        ("relu", {}, [0, 0, 0, 2, 5], [0, 0, 0, 1, 1]),
        ("leaky_relu", {}, [-0.05, -0.02, 0, 2, 5], [0.01, 0.01, 0.01, 1, 1]),
        # 0.2 * -5 = -1, 0.2 * -2 = -0.4
        ("leaky_relu", {"slope": 0.2}, [-1, -0.4, 0, 2, 5], [0.2, 0.2, 0.2, 1, 1]),
        # e^-5 - 1 = 0.00673795 - 1, e^-2 - 1 = 0.13533528 - 1; f' = e^z, and e^0 = 1
        ("elu", {}, [-0.99326205, -0.86466472, 0, 2, 5], [0.00673795, 0.13533528, 1, 1, 1]),
        # 1.5 (e^-2 - 1) = -1.29699708, 1.5 e^-2 = 0.20300292; from the left, 1.5 e^0 = 1.5
        ("elu", {"alpha": 1.5}, [-1.48989308, -1.29699708, 0, 2, 5], [0.01010692, 0.20300292, 1.5, 1, 1]),
    ],
)
def test_worked_numbers(name: str, shape: dict[str, float], values: list[float], derivatives: list[float]) -> None:
    ours = activation(name, **shape)
    np.testing.assert_allclose(ours.function(POINTS), values, rtol=0, atol=5.1e-9)
    np.testing.assert_allclose(ours.derivative(POINTS), derivatives, rtol=0, atol=5.1e-9)


def test_one_neuron_by_hand() -> None:
    # z = 2 * 0.5 + (-1) * (-0.3) + 0.1 = 1.4; 1 / (1 + e^-1.4) = 1 / 1.246597 = 0.802184; tanh 1.4 = 0.885352
    z = np.dot([2, -1], [0.5, -0.3])[None] + 0.1
    outputs = [activation(name).function(z)[0] for name in ("sigmoid", "tanh", "relu", "leaky_relu")]
    assert outputs == pytest.approx([0.802184, 0.885352, 1.4, 1.4], abs=5e-7)


def test_softmax_by_hand() -> None:
    # e^0, e^(ln 3), e^(ln 4) = 1, 3, 4 of 8: 1/8, 3/8, 1/2
    z = np.log([[1.0, 3.0, 4.0]])
    s = [1 / 8, 3 / 8, 1 / 2]
    np.testing.assert_allclose(softmax(z), [s], rtol=1e-15)
    np.testing.assert_allclose(log_softmax(z), [np.log(s)], rtol=1e-14)
    # s_i (1 - s_i) on the diagonal: 7/64, 15/64, 1/4; -s_i s_k elsewhere: -3/64, -1/16, -3/16
    jacobian = [[7 / 64, -3 / 64, -1 / 16], [-3 / 64, 15 / 64, -3 / 16], [-1 / 16, -3 / 16, 1 / 4]]
    np.testing.assert_allclose(softmax_derivative(z), [jacobian], rtol=1e-14)
    # 1 - s_k on the diagonal, -s_k elsewhere in column k
    logarithms = [[7 / 8, -3 / 8, -1 / 2], [-1 / 8, 5 / 8, -1 / 2], [-1 / 8, -3 / 8, 1 / 2]]
    np.testing.assert_allclose(log_softmax_derivative(z), [logarithms], rtol=1e-14)


@pytest.mark.parametrize("name", activations.names())
@checked
@given(magnitude=st.floats(1e-3, 20), sign=st.sampled_from([-1, 1]), shape=st.floats(0.05, 3))
def test_the_derivative_is_the_slope(name: str, magnitude: float, sign: int, shape: float) -> None:
    own = {"leaky_relu": {"slope": shape}, "elu": {"alpha": shape}}.get(name, {})
    ours = activation(name, **own)
    z, h = sign * magnitude, 1e-5 * min(1, magnitude)  # the step never crosses the kink at 0
    low, high = ours.function(np.array([z - h, z + h]))
    # h^2 / 6 |f'''| < 1e-10, rounding 1e-16 |f| / h < 2e-7
    assert (high - low) / (2 * h) == pytest.approx(ours.derivative(np.array([z]))[0], rel=1e-6, abs=3e-7)


@checked
@given(st.integers(1, 3), st.integers(1, 5), st.integers(0, 99))
def test_the_jacobians_are_the_slopes(rows: int, columns: int, seed: int) -> None:
    z = np.random.default_rng(seed).normal(scale=2, size=(rows, columns))
    for function, derivative in ((softmax, softmax_derivative), (log_softmax, log_softmax_derivative)):
        step = 1e-5 * np.eye(columns)  # for each input k; the jacobian is rows x outputs x inputs
        slopes = [(function(z + each) - function(z - each)) / 2e-5 for each in step]
        close(derivative(z), np.stack(slopes, axis=-1), 1e-9)


@pytest.mark.parametrize(
    ("name", "own", "theirs"), [*((name, {}, {}) for name in THEIRS), *SHAPED], ids=lambda value: str(value)
)
def test_agreement_with_torch(name: str, own: dict[str, float], theirs: dict[str, Any]) -> None:
    z = np.linspace(-8, 8, 1601).reshape(1, 1601)  # it holds the kink, 0
    assert (z == 0).any()
    leaf = torch.tensor(z, requires_grad=True)
    value = THEIRS[name](leaf, **theirs)
    value.sum().backward()
    assert leaf.grad is not None
    ours = activation(name, **own)
    close(ours.function(z), value.detach().numpy(), 1e-15)
    close(ours.derivative(z), leaf.grad.numpy(), 1e-15)


def test_softmax_agrees_with_torch() -> None:
    z = np.random.default_rng(0).normal(scale=5, size=(7, 4))
    for function, derivative, theirs in (
        (softmax, softmax_derivative, torch.softmax),
        (log_softmax, log_softmax_derivative, torch.log_softmax),
    ):
        close(function(z), theirs(torch.tensor(z), -1).numpy(), 1e-14)
        jacobian = torch.func.vmap(torch.func.jacrev(lambda row: theirs(row, -1)))(torch.tensor(z))  # noqa: B023
        close(derivative(z), jacobian.numpy(), 1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", activations.names())
def test_nothing_overflows_and_the_type_stays(name: str, dtype: str) -> None:
    far = np.array([-1e4, -1e3, -90, 90, 1e3, 1e4], dtype)
    expected = {
        "identity": (far, [1] * 6),
        "sigmoid": ([0, 0, 0, 1, 1, 1], [0] * 6),
        "tanh": ([-1, -1, -1, 1, 1, 1], [0] * 6),
        "relu": ([0, 0, 0, 90, 1e3, 1e4], [0, 0, 0, 1, 1, 1]),
        "leaky_relu": ([-1e2, -1e1, -0.9, 90, 1e3, 1e4], [0.01] * 3 + [1] * 3),
        "elu": ([-1, -1, -1, 90, 1e3, 1e4], [0, 0, 0, 1, 1, 1]),
    }
    ours = activation(name)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, derivative = ours.function(far), ours.derivative(far)
    assert (value.dtype, derivative.dtype) == (dtype, dtype)
    np.testing.assert_allclose(value, expected[name][0], rtol=1e-6, atol=1e-30)
    np.testing.assert_allclose(derivative, expected[name][1], rtol=1e-6, atol=1e-30)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softmax_overflows_nowhere_and_keeps_the_type(dtype: str) -> None:
    far = np.array([[1e4, 0, -1e4], [-1e4, -1e4, -1e4]], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        every = [f(far) for f in (softmax, log_softmax, softmax_derivative, log_softmax_derivative)]
    assert {array.dtype for array in every} == {np.dtype(dtype)}
    np.testing.assert_allclose(every[0], [[1, 0, 0], [1 / 3] * 3], rtol=1e-6)
    np.testing.assert_allclose(every[1], [[0, -1e4, -2e4], [-math.log(3)] * 3], rtol=1e-6)


def test_the_sigmoids_derivative_keeps_its_digits_far_right() -> None:
    # s(40) rounds to 1, so s (1 - s) would be 0; e^-40 / (1 + e^-40)^2 = 4.248354e-18
    assert activation("sigmoid").derivative(np.array([40.0]))[0] == pytest.approx(4.248354e-18, rel=1e-6, abs=0)


def test_an_unknown_name_is_told_with_those_that_there_are() -> None:
    with pytest.raises(UserError, match=r"activation 'swish' is unknown; allowed: elu, identity, .*tanh$"):
        activation("swish")


def test_each_file_is_an_activation_of_its_name() -> None:
    assert set(activations.names()) == THEIRS.keys()  # softmax and log-softmax are of whole rows
    assert [activation(name).name for name in activations.names()] == [*activations.names()]
