"""Convolution and pooling: worked numbers, finite differences, PyTorch, and what is refused."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from comparing import check_differences, check_torch, checked, spread
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from nnlabs.core.errors import UserError
from nnlabs.scratch.convolution import AvgPool2d, Conv2d, MaxPool2d, Windowed, scatter, windows

NINE = np.arange(1.0, 10).reshape(1, 1, 3, 3)


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def _conv(kernel: list[list[float]], bias: float, **more: object) -> Conv2d:
    weight = np.array(kernel)
    layer = Conv2d(1, 1, weight.shape, _rng(), **more)  # type: ignore[arg-type]
    layer.parameters["weight"][0, 0], layer.parameters["bias"][...] = weight, bias
    return layer


# ---------------------------------------------------------------- worked numbers


def test_convolution_by_hand() -> None:
    layer = _conv([[1, 2], [0, -1]], 10)
    # 1 + 2·2 - 5 = 0, 2 + 2·3 - 6 = 2, 4 + 2·5 - 8 = 6, 5 + 2·6 - 9 = 8, and the bias
    assert layer.forward(NINE).tolist() == [[[[10, 12], [16, 18]]]]
    dx = layer.backward(np.array([[[[1.0, 0.0], [0.0, 2.0]]]]))
    # dw = 1 · (1 2 | 4 5) + 2 · (5 6 | 8 9)
    assert layer.gradients["weight"].tolist() == [[[[11, 14], [20, 23]]]]
    assert layer.gradients["bias"].tolist() == [3]
    # the kernel once at the top left, twice at the bottom right; they meet in the middle: -1 + 2 = 1
    assert dx.tolist() == [[[[1, 2, 0], [0, 1, 4], [0, 0, -2]]]]


def test_convolution_sums_over_channels_and_examples_by_hand() -> None:
    layer = Conv2d(2, 2, 1, _rng())
    layer.parameters["weight"][...] = np.array([[1, 2], [3, 4]]).reshape(2, 2, 1, 1)
    x = np.array([[5.0, 6.0], [7.0, 8.0]]).reshape(2, 2, 1, 1)
    # 5 + 12, 15 + 24; 7 + 16, 21 + 32
    assert layer.forward(x).ravel().tolist() == [17, 39, 23, 53]
    dx = layer.backward(np.array([[1.0, 0.0], [0.0, 10.0]]).reshape(2, 2, 1, 1))
    # output 0 saw (5, 6) with 1, output 1 saw (7, 8) with 10
    assert layer.gradients["weight"].ravel().tolist() == [5, 6, 70, 80]
    assert layer.gradients["bias"].tolist() == [1, 10]
    assert dx.ravel().tolist() == [1, 2, 30, 40]


def test_strides_and_paddings_by_hand() -> None:
    # two rows padded to 0, (1 2 3), (4 5 6), 0; a 2 x 1 kernel that moves two rows down and one across:
    # 1 · 0 + 10 · (1 2 3), then 1 · (4 5 6) + 10 · 0
    layer = _conv([[1], [10]], 0, stride=(2, 1), padding=(1, 0))
    assert layer.forward(np.arange(1.0, 7).reshape(1, 1, 2, 3)).tolist() == [[[[10, 20, 30], [4, 5, 6]]]]
    assert layer.backward(np.ones((1, 1, 2, 3))).tolist() == [[[[10, 10, 10], [1, 1, 1]]]]
    # the same turned by a right angle
    layer = _conv([[1, 10]], 0, stride=(1, 2), padding=(0, 1))
    assert layer.forward(np.arange(1.0, 7).reshape(1, 1, 3, 2)).tolist() == [[[[10, 2], [30, 4], [50, 6]]]]


def test_max_pooling_by_hand() -> None:
    layer = MaxPool2d(2, stride=1)
    assert layer.forward(NINE).tolist() == [[[[5, 6], [8, 9]]]]
    assert layer.backward(np.array([[[[1.0, 2.0], [3.0, 4.0]]]])).tolist() == [[[[0, 0, 0], [0, 1, 2], [0, 3, 4]]]]


def test_overlapping_windows_add_up_at_a_common_winner() -> None:
    layer = MaxPool2d(2, stride=1)
    layer.forward(np.array([[[[0.0, 0, 0], [0, 9, 0], [0, 0, 0]]]]))
    assert layer.backward(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]))[0, 0, 1, 1] == 10


def test_of_equal_values_the_first_wins_as_in_torch() -> None:
    layer = MaxPool2d(2)
    x = np.array([[[[1.0, 5.0, 7.0, 7.0], [5.0, 5.0, 7.0, 7.0]]]])
    assert layer.forward(x).tolist() == [[[[5, 7]]]]
    assert layer.backward(np.array([[[[3.0, 4.0]]]])).tolist() == [[[[0, 3, 4, 0], [0, 0, 0, 0]]]]
    check_torch(MaxPool2d(3, 1, 1), nn.MaxPool2d(3, 1, 1), np.zeros((2, 2, 4, 5)))
    check_torch(MaxPool2d(3, 2), nn.MaxPool2d(3, 2), _rng().integers(3, size=(2, 2, 9, 8)).astype(float))


def test_padding_never_wins() -> None:
    assert MaxPool2d(2, padding=1).forward(-NINE).max() == -1


def test_mean_pooling_by_hand() -> None:
    layer = AvgPool2d(2)
    assert layer.forward(np.array([[[[1.0, 2.0], [3.0, 6.0]]]])).tolist() == [[[[3]]]]
    assert layer.backward(np.array([[[[4.0]]]])).tolist() == [[[[1, 1], [1, 1]]]]
    # padded by one, each window of four holds one of the numbers and three zeros
    layer = AvgPool2d(2, padding=1)
    assert layer.forward(np.array([[[[4.0, 8.0], [12.0, 16.0]]]])).tolist() == [[[[1, 2], [3, 4]]]]


def test_mean_pooling_over_a_rectangle_by_hand() -> None:
    # (1 + 2 + 3) / 3 and so on; a stride is the kernel's where none is given
    assert AvgPool2d((1, 3)).forward(NINE).tolist() == [[[[2], [5], [8]]]]
    assert MaxPool2d((3, 1)).forward(NINE).tolist() == [[[[7, 8, 9]]]]


# ---------------------------------------------------------------- any shape


class Case(NamedTuple):
    n: int
    channels: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    area: tuple[int, int]
    seed: int


@st.composite
def cases(draw: st.DrawFn, pooling: bool = False) -> Case:
    """Any kernel, stride and padding with an input that they fit; a pooling's padding is at most half its kernel."""
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    most = [size // 2 for size in kernel] if pooling else [2, 2]
    padding = draw(st.tuples(st.integers(0, most[0]), st.integers(0, most[1])))
    least = [max(1, k - 2 * p) for k, p in zip(kernel, padding, strict=True)]
    area = draw(st.tuples(st.integers(least[0], 6), st.integers(least[1], 6)))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    return Case(
        draw(st.integers(1, 3)), draw(st.integers(1, 2)), kernel, stride, padding, area, draw(st.integers(0, 9))
    )


@checked
@given(cases(), st.integers(1, 3))
def test_convolution_by_differences_and_beside_torch(case: Case, outputs: int) -> None:
    rng = _rng(case.seed)
    layer = Conv2d(case.channels, outputs, case.kernel, rng, case.stride, case.padding)
    layer.parameters["bias"][...] = rng.normal(size=outputs)
    x = rng.normal(size=(case.n, case.channels, *case.area))
    check_differences(layer, x)
    check_torch(layer, nn.Conv2d(case.channels, outputs, case.kernel, case.stride, case.padding), x)


@pytest.mark.parametrize(("ours", "theirs"), [(MaxPool2d, nn.MaxPool2d), (AvgPool2d, nn.AvgPool2d)])
@checked
@given(cases(pooling=True))
def test_pooling_by_differences_and_beside_torch(
    ours: Callable[..., Windowed], theirs: Callable[..., nn.Module], case: Case
) -> None:
    layer = ours(case.kernel, case.stride, case.padding)
    x = spread(_rng(case.seed), case.n, case.channels, *case.area)
    check_differences(layer, x)
    check_torch(layer, theirs(case.kernel, case.stride, case.padding), x)


@checked
@given(cases())
def test_scatter_is_the_transpose_of_windows(case: Case) -> None:
    # ⟨windows(x), v⟩ = ⟨x, scatter(v)⟩ for every x and v
    rng = _rng(case.seed)
    x = rng.normal(size=(case.n, case.channels, *(max(each) for each in zip(case.kernel, case.area, strict=True))))
    seen = windows(x, case.kernel, case.stride)
    values, back = rng.normal(size=seen.shape), np.zeros_like(x)
    scatter(values, back, case.stride)
    assert (seen * values).sum() == pytest.approx((x * back).sum(), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("layer", [Conv2d(2, 3, 2, _rng(), dtype="float32"), MaxPool2d(2), AvgPool2d(2)], ids=str)
def test_float32_stays(layer: Windowed) -> None:
    y = layer.forward(_rng().normal(size=(2, 2, 4, 4)).astype(np.float32))
    dx = layer.backward(np.ones_like(y))
    assert {each.dtype for each in (y, dx, *layer.gradients.values())} == {np.dtype("float32")}


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("layer", "shape", "said"),
    [
        (
            Conv2d(3, 8, 5, _rng()),
            (2, 1, 9, 9),
            "Conv2d(3, 8, (5, 5), (1, 1), (0, 0)): the input is 2 x 1 x 9 x 9; N x 3 x H x W is needed",
        ),
        (
            Conv2d(1, 8, (3, 5), _rng()),
            (9, 9),
            "Conv2d(1, 8, (3, 5), (1, 1), (0, 0)): the input is 9 x 9; N x 1 x H x W is needed",
        ),
        (
            Conv2d(1, 8, 5, _rng(), padding=(1, 0)),
            (2, 1, 2, 9),
            "Conv2d(1, 8, (5, 5), (1, 1), (1, 0)): the kernel, 5 x 5, is larger than the padded input, 4 x 9",
        ),
        (
            MaxPool2d(2),
            (2, 1, 4, 1),
            "MaxPool2d((2, 2), (2, 2), (0, 0)): the kernel, 2 x 2, is larger than the padded input, 4 x 1",
        ),
        (AvgPool2d(2), (2, 4), "AvgPool2d((2, 2), (2, 2), (0, 0)): the input is 2 x 4; N x C x H x W is needed"),
    ],
)
def test_shapes_that_do_not_fit_are_told(layer: Windowed, shape: tuple[int, ...], said: str) -> None:
    with pytest.raises(UserError) as error:
        layer.forward(np.ones(shape))
    assert str(error.value) == said


@pytest.mark.parametrize("layer", [Conv2d(1, 1, 2, _rng()), MaxPool2d(2), AvgPool2d(2)], ids=str)
def test_what_is_no_number_is_told(layer: Windowed) -> None:
    x = NINE.copy()
    x[0, 0, 2, 2] = np.nan
    with pytest.raises(UserError, match=rf"{type(layer).__name__}\(.*: the input, 1 x 1 x 3 x 3, holds NaN"):
        layer.forward(x)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Conv2d(1, 2, 0, _rng()), r"Conv2d\(1, 2, \(0, 0\).*kernel and stride have to be at least 1"),
        (lambda: Conv2d(1, 2, 3, _rng(), stride=(1, 0)), r"Conv2d\(.*\(1, 0\).*stride have to be at least 1"),
        (lambda: AvgPool2d(2, padding=-1), r"AvgPool2d\(.*\(-1, -1\)\): .*padding at least 0"),
        (lambda: MaxPool2d(2, padding=2), r"MaxPool2d\(.*\(2, 2\)\): padding may be at most half of the kernel"),
        (lambda: Conv2d(1, 2, 3, _rng(), initialisation="glorot"), r"initialisation 'glorot' is unknown"),
    ],
)
def test_what_cannot_be_built_is_told(make: Callable[[], Windowed], said: str) -> None:
    with pytest.raises(UserError, match=said):
        make()
