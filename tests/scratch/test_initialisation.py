"""Initial weights: each rule's deviation by hand, as drawn, and beside PyTorch's."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from comparing import checked
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from nnlabs.core.errors import UserError
from nnlabs.scratch.initialisation import RULES, weights

WORKED = [
    # inputs 8, outputs 24: 1, √(2 / 32) = 1/4, √(2 / 8) = 1/2, √(1 / 8)
    ("normal", 1.0),
    ("xavier", 0.25),
    ("he", 0.5),
    ("lecun", 0.125**0.5),
]
THEIRS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "xavier": nn.init.xavier_normal_,
    "he": lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"),
    "lecun": lambda w: nn.init.kaiming_normal_(w, nonlinearity="linear"),
    "normal": nn.init.normal_,
}


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("rule", "deviation"), WORKED)
def test_deviations_by_hand(rule: str, deviation: float) -> None:
    assert RULES[rule](8, 24) == pytest.approx(deviation, rel=1e-15)


@pytest.mark.parametrize("rule", RULES)
@checked
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([(), (1, 1), (3, 2), (5, 5)]))
def test_weights_have_the_rules_deviation(rule: str, outputs: int, inputs: int, kernel: tuple[int, ...]) -> None:
    # the same generator draws the same standard normals, so the factor between them is exact
    shape = (outputs, inputs, *kernel)
    area = int(np.prod(kernel))
    drawn = weights(rule, shape, _rng())
    assert drawn.shape == shape
    np.testing.assert_allclose(drawn, RULES[rule](inputs * area, outputs * area) * _rng().standard_normal(shape), 1e-15)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("shape", [(300, 200), (40, 30, 5, 3)])
def test_deviations_are_torchs(rule: str, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    theirs = THEIRS[rule](torch.empty(shape, dtype=torch.float64)).numpy()
    ours = weights(rule, shape, _rng())
    # a deviation of n numbers is off by 1 / √(2n) of itself; five of them, on both sides
    assert ours.std() / theirs.std() == pytest.approx(1, abs=7 / np.sqrt(2 * ours.size))
    assert abs(ours.mean()) < 5 * ours.std() / np.sqrt(ours.size)


def test_he_keeps_the_size_of_what_flows_through_relu() -> None:
    rng = _rng()
    x = rng.normal(size=(500, 400))
    for _ in range(10):
        x = np.maximum(x @ weights("he", (400, 400), rng).T, 0)
    # E[x²] is what stays: 1 at the input; without the factor 2 it would be 2^-10
    assert (x**2).mean() == pytest.approx(1, abs=0.5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_type_is_as_asked_for(dtype: str) -> None:
    assert weights("he", (3, 2), _rng(), dtype).dtype == dtype


def test_an_unknown_rule_is_told_with_those_that_there_are() -> None:
    with pytest.raises(UserError) as error:
        weights("glorot", (3, 2), _rng())
    assert str(error.value) == "initialisation 'glorot' is unknown; allowed: normal, xavier, he, lecun"
