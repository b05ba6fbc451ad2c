"""Layers without windows: worked numbers, finite differences, PyTorch, and what is refused."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from comparing import Skip, check_differences, check_torch, checked, close, spread
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from nnlabs.core.errors import UserError
from nnlabs.scratch.activations import activation
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.layers import Activate, BatchNorm, Dropout, Flatten, Layer, Linear, Reshape, Residual, Softmax

SIZES, SEEDS = st.integers(1, 5), st.integers(0, 999)


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def _linear(weight: list[list[float]], bias: list[float]) -> Linear:
    layer = Linear(len(weight[0]), len(bias), _rng())
    layer.parameters["weight"][...], layer.parameters["bias"][...] = weight, bias
    return layer


# ---------------------------------------------------------------- linear


def test_linear_by_hand() -> None:
    layer = _linear([[1, -1], [0.5, 2], [0, 3]], [0.5, 0, -1])
    y = layer.forward(np.array([[1.0, 2.0], [0.0, 1.0]]))
    # 1 - 2 + 0.5 = -0.5, 0.5 + 4 = 4.5, 6 - 1 = 5; -1 + 0.5 = -0.5, 2, 3 - 1 = 2
    assert y.tolist() == [[-0.5, 4.5, 5], [-0.5, 2, 2]]
    dx = layer.backward(np.array([[1.0, -1.0, 2.0], [1.0, 0.0, 0.0]]))
    # dyᵀ x: (1, -1, 2) times (1, 2), and (1, 0, 0) times (0, 1) added; Σ dy = (2, -1, 2)
    assert layer.gradients["weight"].tolist() == [[1, 3], [-1, -2], [2, 4]]
    assert layer.gradients["bias"].tolist() == [2, -1, 2]
    # 1 - 0.5 + 0 = 0.5, -1 - 2 + 6 = 3; the first row of W
    assert dx.tolist() == [[0.5, 3], [1, -1]]


@checked
@given(SIZES, SIZES, SIZES, SEEDS)
def test_linear_by_differences(n: int, inputs: int, outputs: int, seed: int) -> None:
    rng = _rng(seed)
    check_differences(Linear(inputs, outputs, rng), rng.normal(size=(n, inputs)))


def test_linear_agrees_with_torch() -> None:
    check_torch(Linear(7, 5, _rng()), nn.Linear(7, 5), _rng(1).normal(size=(4, 7)))


# ---------------------------------------------------------------- activations as layers


def test_activate_by_hand() -> None:
    layer = Activate(activation("relu"))
    assert layer.forward(np.array([-1.0, 0.0, 2.0])).tolist() == [0, 0, 2]
    assert layer.backward(np.array([3.0, 4.0, 5.0])).tolist() == [0, 0, 5]


@checked
@given(st.sampled_from(["sigmoid", "tanh", "relu", "leaky_relu", "elu"]), SIZES, SIZES, SEEDS)
def test_activate_by_differences(name: str, n: int, features: int, seed: int) -> None:
    check_differences(Activate(activation(name)), spread(_rng(seed), n, features))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Activate(activation("sigmoid")), nn.Sigmoid()),
        (Activate(activation("tanh")), nn.Tanh()),
        (Activate(activation("relu")), nn.ReLU()),
        (Activate(activation("leaky_relu")), nn.LeakyReLU()),
        (Activate(activation("leaky_relu", slope=0.3)), nn.LeakyReLU(0.3)),
        (Activate(activation("elu")), nn.ELU()),
        (Activate(activation("elu", alpha=0.5)), nn.ELU(0.5)),
        (Activate(activation("identity")), nn.Identity()),
    ],
    ids=str,
)
def test_activate_agrees_with_torch(ours: Layer, theirs: nn.Module) -> None:
    check_torch(ours, theirs, np.append(_rng().normal(scale=3, size=23), 0.0).reshape(2, 3, 4))


def test_softmax_by_hand() -> None:
    layer = Softmax()
    # e^0 : e^(ln 3) = 1 : 3
    np.testing.assert_allclose(layer.forward(np.log([[1.0, 3.0]])), [[1 / 4, 3 / 4]], rtol=1e-15)
    # Σ dy s = 1/4; s (dy - 1/4) = 1/4 · 3/4 and 3/4 · -1/4
    np.testing.assert_allclose(layer.backward(np.array([[1.0, 0.0]])), [[3 / 16, -3 / 16]], rtol=1e-14)


@checked
@given(SIZES, SIZES, SEEDS)
def test_softmax_by_differences(n: int, classes: int, seed: int) -> None:
    check_differences(Softmax(), _rng(seed).normal(scale=2, size=(n, classes)))


def test_softmax_agrees_with_torch() -> None:
    check_torch(Softmax(), nn.Softmax(-1), _rng().normal(scale=3, size=(4, 5)))


# ---------------------------------------------------------------- shapes


def test_reshape_by_hand() -> None:
    layer = Reshape(2, 3)
    y = layer.forward(np.arange(12.0).reshape(2, 6))
    assert y.tolist() == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]
    assert layer.backward(10 * y).tolist() == [[0, 10, 20, 30, 40, 50], [60, 70, 80, 90, 100, 110]]
    assert Flatten().forward(y).tolist() == np.arange(12).reshape(2, 6).tolist()


@checked
@given(SIZES, SIZES, SIZES, SIZES)
def test_reshape_and_flatten_by_differences(n: int, channels: int, height: int, width: int) -> None:
    x = _rng().normal(size=(n, channels, height, width))
    check_differences(Flatten(), x)
    check_differences(Reshape(width, channels * height), x)


def test_reshape_and_flatten_agree_with_torch() -> None:
    check_torch(Flatten(), nn.Flatten(), _rng().normal(size=(3, 2, 4, 5)))
    check_torch(Reshape(2, 4, 5), nn.Unflatten(1, (2, 4, 5)), _rng().normal(size=(3, 40)))


# ---------------------------------------------------------------- dropout


class Told:
    """A generator that draws these numbers."""

    def __init__(self, *numbers: float) -> None:
        self.numbers = numbers

    def random(self, shape: tuple[int, ...], dtype: type) -> Array:
        return np.array(self.numbers, dtype).reshape(shape)


def test_dropout_by_hand() -> None:
    layer = Dropout(0.75, Told(0.2, 0.75, 0.9))  # type: ignore[arg-type]
    # 0.2 < p drops; what stays is divided by 1 - 0.75 = 0.25
    assert layer.forward(np.array([1.0, 2.0, 3.0]), training=True).tolist() == [0, 8, 12]
    assert layer.backward(np.array([1.0, 1.0, 2.0])).tolist() == [0, 4, 8]


@checked
@given(st.floats(0, 0.9), SIZES, SIZES, SEEDS)
def test_dropout_by_differences(p: float, n: int, features: int, seed: int) -> None:
    layer = Dropout(p, _rng())

    def the_same_mask() -> None:
        layer.rng = _rng(seed)

    check_differences(layer, _rng().normal(size=(n, features)), before=the_same_mask)


def test_dropout_agrees_with_torch() -> None:
    ours, x = Dropout(0.3, _rng()), _rng(1).normal(size=(40, 50))
    check_torch(ours, nn.Dropout(0.3), x, training=False)
    # the two draw differently; where torch has our mask, the rest is the same
    y, leaf = ours.forward(x, training=True), torch.tensor(x, requires_grad=True)
    value = leaf * torch.tensor(y != 0) / 0.7
    close(y, value.detach().numpy(), 1e-14)
    direction = _rng(2).normal(size=x.shape)
    value.backward(torch.tensor(direction))
    assert leaf.grad is not None
    close(ours.backward(direction), leaf.grad.numpy(), 1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_dropout_drops_its_part_and_keeps_the_mean(p: float, dtype: str) -> None:
    n = 1_000_000
    y = Dropout(p, _rng()).forward(np.ones(n, dtype), training=True)
    # five standard deviations: of a share √(p (1 - p) / n), of the mean that over 1 - p
    deviation = np.sqrt(p * (1 - p) / n)
    assert y.dtype == dtype
    assert (y == 0).mean() == pytest.approx(p, abs=5 * deviation)
    assert y.mean(dtype=float) == pytest.approx(1, abs=5 * deviation / (1 - p))


def test_dropout_is_off_when_not_training() -> None:
    layer, x = Dropout(0.5, _rng()), _rng(1).normal(size=(3, 4))
    layer.forward(x, training=True)
    assert np.array_equal(layer.forward(x), x)
    assert np.array_equal(layer.backward(x), x)
    assert np.array_equal(Dropout(0.0, _rng()).forward(x, training=True), x)


def test_dropout_draws_anew_and_follows_its_generator() -> None:
    layer, x = Dropout(0.5, _rng()), np.ones((8, 8))
    first, second = (layer.forward(x, training=True) for _ in range(2))
    assert not np.array_equal(first, second)
    assert np.array_equal(Dropout(0.5, _rng()).forward(x, training=True), first)


# ---------------------------------------------------------------- batch normalisation


def test_batch_norm_by_hand() -> None:
    layer = BatchNorm(1, eps=12.0)
    layer.parameters["weight"][...], layer.parameters["bias"][...] = 2, 1
    # μ = 2, σ² = (4 + 4) / 2 = 4, √(4 + 12) = 4: x̂ = ∓ 2 / 4; y = 2 x̂ + 1
    assert layer.forward(np.array([[0.0], [4.0]]), training=True).tolist() == [[0], [2]]
    # 0.9 · 0 + 0.1 · 2; 0.9 · 1 + 0.1 · (4 + 4) / (2 - 1)
    assert layer.buffers["running_mean"].tolist() == pytest.approx([0.2])
    assert layer.buffers["running_var"].tolist() == pytest.approx([1.7])
    assert layer.buffers["num_batches_tracked"] == 1
    # dγ = 1 · -0.5, dβ = 1; mean(dy) = 0.5, mean(dy x̂) = -0.25;
    # γ/σ = 2 / 4: 0.5 (1 - 0.5 - (-0.5)(-0.25)) = 0.1875, 0.5 (0 - 0.5 - 0.5 · (-0.25)) = -0.1875
    dx = layer.backward(np.array([[1.0], [0.0]]))
    assert (layer.gradients["weight"].tolist(), layer.gradients["bias"].tolist()) == ([-0.5], [1])
    assert dx.tolist() == [[0.1875], [-0.1875]]


def test_batch_norm_by_hand_when_not_training() -> None:
    layer = BatchNorm(2, eps=0.0)
    layer.buffers["running_mean"][...], layer.buffers["running_var"][...] = [1, 2], [4, 0.25]
    layer.parameters["weight"][...] = [3, 1]
    # 3 (5 - 1) / 2 = 6, (1 - 2) / 0.5 = -2; one example is enough, and nothing moves
    assert layer.forward(np.array([[5.0, 1.0]])).tolist() == [[6, -2]]
    assert layer.buffers["running_mean"].tolist() == [1, 2]
    assert layer.buffers["num_batches_tracked"] == 0
    # γ/σ dy = 3/2, 2: the statistics do not depend on x
    assert layer.backward(np.array([[1.0, 1.0]])).tolist() == [[1.5, 2]]


@checked
@given(st.integers(2, 6), SIZES, st.sampled_from([(), (1, 3), (2, 2), (3, 1)]), st.booleans(), SEEDS)
def test_batch_norm_by_differences(n: int, features: int, area: tuple[int, ...], training: bool, seed: int) -> None:
    rng = _rng(seed)
    layer = BatchNorm(features, eps=0.1)
    for array in (*layer.parameters.values(), layer.buffers["running_mean"]):
        array[...] = rng.normal(size=features)
    layer.buffers["running_var"][...] = rng.uniform(0.5, 2, features)
    check_differences(layer, rng.normal(size=(n, features, *area)), training)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(6, 5), (4, 3, 3, 2)])
def test_batch_norm_agrees_with_torch(shape: tuple[int, ...], training: bool) -> None:
    features = shape[1]
    ours = BatchNorm(features, momentum=0.3, eps=1e-3)
    for array in ours.parameters.values():
        array[...] = _rng().normal(size=features)
    kind = nn.BatchNorm1d if len(shape) == 2 else nn.BatchNorm2d
    theirs = kind(features, eps=1e-3, momentum=0.3)
    for seed in range(4):  # the buffers are compared after each, and the last start from moved ones
        check_torch(ours, theirs, _rng(seed).normal(2, 3, size=shape), training)
    if training:
        check_torch(ours, theirs, _rng(9).normal(size=shape), training=False)


# ---------------------------------------------------------------- skip connection


def test_residual_by_hand() -> None:
    layer = Residual(_linear([[3]], [1]))
    assert layer.forward(np.array([[2.0]])).tolist() == [[9]]  # 2 + 3 · 2 + 1
    assert layer.backward(np.array([[5.0]])).tolist() == [[20]]  # 5 + 5 · 3
    assert {name: float(g.item()) for name, g in layer.gradients.items()} == {"0.weight": 10, "0.bias": 5}


@checked
@given(st.integers(2, 5), SIZES, SIZES, SEEDS)
def test_residual_by_differences(n: int, features: int, hidden: int, seed: int) -> None:
    rng = _rng(seed)
    bend = Activate(activation("tanh"))
    inside = Linear(features, hidden, rng), BatchNorm(hidden, eps=0.1), bend, Linear(hidden, features, rng)
    check_differences(Residual(*inside), rng.normal(size=(n, features)))


def test_residual_agrees_with_torch() -> None:
    ours = Residual(Linear(4, 6, _rng()), BatchNorm(6), Activate(activation("tanh")), Linear(6, 4, _rng(1)))
    theirs = Skip(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 4))
    check_torch(ours, theirs, _rng(2).normal(size=(5, 4)))
    check_torch(ours, theirs, _rng(3).normal(size=(5, 4)), training=False)


def test_residual_passes_training_on() -> None:
    layer = Residual(Dropout(0.5, _rng()))
    x = np.ones((10, 10))
    assert np.array_equal(layer.forward(x), 2 * x)
    assert set(np.unique(layer.forward(x, training=True))) == {1, 3}


# ---------------------------------------------------------------- types and errors


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_type_stays(dtype: str) -> None:
    linear, bend = Linear(4, 4, _rng(), dtype=dtype), Activate(activation("elu"))
    inside = linear, BatchNorm(4, dtype=dtype), bend, Dropout(0.5, _rng())
    layer = Residual(*inside, Softmax(), Reshape(2, 2), Flatten())
    x = _rng().normal(size=(3, 4)).astype(dtype)
    for training in (False, True):
        y = layer.forward(x, training)
        dx = layer.backward(np.ones_like(y))
        assert {array.dtype for array in (y, dx, *layer.gradients.values())} == {np.dtype(dtype)}
    assert {each.dtype for name, each in layer.buffers.items() if "num" not in name} == {np.dtype(dtype)}


@pytest.mark.parametrize(
    ("layer", "shape", "said"),
    [
        (Linear(3, 2, _rng()), (4, 5), "Linear(3, 2): the input is 4 x 5; N x 3 is needed"),
        (Linear(3, 2, _rng()), (3,), "Linear(3, 2): the input is 3; N x 3 is needed"),
        (Linear(3, 2, _rng()), (), "Linear(3, 2): the input is a single number; N x 3 is needed"),
        (BatchNorm(3), (4, 5), "BatchNorm(3): the input is 4 x 5; N x 3 is needed"),
        (BatchNorm(3), (4, 5, 2, 2), "BatchNorm(3): the input is 4 x 5 x 2 x 2; N x 3 x H x W is needed"),
        (BatchNorm(3), (4, 3, 2), "BatchNorm(3): the input is 4 x 3 x 2; N x 3 is needed"),
        (BatchNorm(3), (1, 3), "BatchNorm(3): the input, 1 x 3, has one value a feature; two are needed"),
        (Reshape(2, 2), (3, 5), "Reshape(2, 2): the input, 3 x 5, has another number of values"),
        (
            Residual(Linear(3, 2, _rng()), Activate(activation("relu"))),
            (4, 3),
            "Residual(Linear(3, 2), relu): 4 x 3 goes in and 4 x 2 comes out; they have to be equal",
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, Layer) else None,
)
def test_shapes_that_do_not_fit_are_told(layer: Layer, shape: tuple[int, ...], said: str) -> None:
    with pytest.raises(UserError) as error:
        layer.forward(np.ones(shape), training=True)
    assert str(error.value) == said


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("layer", [Linear(2, 2, _rng()), BatchNorm(2), Residual(Linear(2, 2, _rng()))], ids=str)
def test_what_is_no_number_is_told(layer: Layer, value: float) -> None:
    with pytest.raises(UserError, match=r"(Linear\(2, 2\)|BatchNorm\(2\)): the input, 3 x 2, holds NaN or infinity"):
        layer.forward(np.array([[1, 2], [3, value], [5, 6]]))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Dropout(1.0, _rng()), r"Dropout: p = 1\.0 found; allowed: 0 <= p < 1"),
        (lambda: Dropout(-0.1, _rng()), r"Dropout: p = -0\.1 found; allowed: 0 <= p < 1"),
        (lambda: Activate(activation("swish")), r"activation 'swish' is unknown; allowed: elu, identity, "),
        (lambda: Linear(2, 2, _rng(), "glorot"), r"initialisation 'glorot' is unknown; allowed: normal, xavier, "),
    ],
)
def test_what_cannot_be_built_is_told(make: Callable[[], Layer], said: str) -> None:
    with pytest.raises(UserError, match=said):
        make()
