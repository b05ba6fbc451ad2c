"""Optimizers: worked numbers, torch.optim over a thousand steps, what their equations imply, what is refused."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from comparing import checked
from hypothesis import given
from hypothesis import strategies as st

from nnlabs.core.errors import UserError
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.optimizers import OPTIMIZERS, SGD, Adam, AdaMax, AdamW, Optimizer


def walk(optimizer: Optimizer, start: float, gradients: list[float]) -> list[float]:
    """Where one number goes under these gradients."""
    theta, path = np.array([start], float), []
    for g in gradients:
        optimizer.step({"theta": theta}, {"theta": np.array([g], float)})
        path.append(float(theta[0]))
    return path


# ---------------------------------------------------------------- worked numbers


def test_sgd_by_hand() -> None:
    # 1 - 0.1 · 2 = 0.8, 0.8 - 0.1 · (-1) = 0.9
    assert walk(SGD(0.1), 1, [2, -1]) == pytest.approx([0.8, 0.9])
    # λ = 0.5: 1 - 0.1 (2 + 0.5) = 0.75, 0.75 - 0.1 (-1 + 0.375) = 0.8125
    assert walk(SGD(0.1, weight_decay=0.5), 1, [2, -1]) == pytest.approx([0.75, 0.8125])


def test_momentum_by_hand() -> None:
    # v = 2, 0.5 · 2 - 1 = 0, 0.5 · 0 + 4 = 4: 1 - 0.2, 0.8 - 0, 0.8 - 0.4
    assert walk(SGD(0.1, momentum=0.5), 1, [2, -1, 4]) == pytest.approx([0.8, 0.8, 0.4])


def test_nesterov_by_hand() -> None:
    # v as above; g + 0.5 v = 3, -1, 6: 1 - 0.3, 0.7 + 0.1, 0.8 - 0.6
    assert walk(SGD(0.1, momentum=0.5, nesterov=True), 1, [2, -1, 4]) == pytest.approx([0.7, 0.8, 0.2])


def test_adam_by_hand() -> None:
    # β = (0.5, 0.75), ε = 0. Step 1: m = 1, v = 1; m̂ = 1 / 0.5 = 2, v̂ = 1 / 0.25 = 4; 1 - 0.1 · 2 / 2 = 0.9.
    # Step 2, g = -1: m = 0.5 - 0.5 = 0, so nothing moves; v = 0.75 + 0.25 = 1.
    # Step 3, g = 4: m = 2, v = 0.75 + 4 = 4.75; m̂ = 2 / 0.875, v̂ = 4.75 / (1 - 0.421875) = 8.2162162;
    # 0.9 - 0.1 · 2.2857143 / 2.8663943 = 0.8202582
    path = walk(Adam(0.1, betas=(0.5, 0.75), eps=0), 1, [2, -1, 4])
    assert path == pytest.approx([0.9, 0.9, 0.8202582], abs=5e-8)
    # ε = 2 beside √v̂ = 2: half the step; λ = 1 makes g = 2 of 1 + 1 · 1
    assert walk(Adam(0.1, betas=(0.5, 0.75), eps=2, weight_decay=1), 1, [1]) == pytest.approx([0.95])


def test_adamw_by_hand() -> None:
    # θ (1 - 0.1 · 0.5) = 0.95 first, then Adam's first step of 0.1; 0.85 · 0.95 = 0.8075 and no step
    path = walk(AdamW(0.1, betas=(0.5, 0.75), eps=0, weight_decay=0.5), 1, [2, -1])
    assert path == pytest.approx([0.85, 0.8075])


def test_adamax_by_hand() -> None:
    # β = (0.5, 0.75), ε = 0: m = 1, u = 2: 1 - 0.1 / 0.5 · 1 / 2 = 0.9; m = 0, nothing moves, u = max(1.5, 1);
    # m = 2, u = max(1.125, 4) = 4: 0.9 - 0.1 / 0.875 · 2 / 4 = 0.8428571
    path = walk(AdaMax(0.1, betas=(0.5, 0.75), eps=0), 1, [2, -1, 4])
    assert path == pytest.approx([0.9, 0.9, 0.8428571], abs=5e-8)
    # ε = 2 is added to |g| = 2: u = 4, half the step
    assert walk(AdaMax(0.1, betas=(0.5, 0.75), eps=2), 1, [2]) == pytest.approx([0.95])


# ---------------------------------------------------------------- beside torch.optim

MORE: dict[str, Any] = {"betas": (0.7, 0.9), "eps": 1e-4, "weight_decay": 0.05}
CASES: list[tuple[str, dict[str, Any], type[torch.optim.Optimizer], dict[str, Any]]] = [
    ("sgd", {"lr": 0.01}, torch.optim.SGD, {}),
    ("sgd", {"lr": 0.02, "weight_decay": 0.1}, torch.optim.SGD, {}),
    ("momentum", {"lr": 0.01}, torch.optim.SGD, {"momentum": 0.9}),
    ("momentum", {"lr": 0.02, "momentum": 0.4, "weight_decay": 0.1}, torch.optim.SGD, {}),
    ("nesterov", {"lr": 0.01}, torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    ("nesterov", {"lr": 0.02, "momentum": 0.4, "weight_decay": 0.1}, torch.optim.SGD, {"nesterov": True}),
    ("adam", {}, torch.optim.Adam, {}),
    ("adam", {"lr": 0.02} | MORE, torch.optim.Adam, {}),
    ("adamax", {}, torch.optim.Adamax, {}),
    ("adamax", {"lr": 0.02} | MORE, torch.optim.Adamax, {}),
    ("adamw", {}, torch.optim.AdamW, {}),
    ("adamw", {"lr": 0.02} | MORE, torch.optim.AdamW, {}),
]


@pytest.mark.parametrize(("name", "settings", "kind", "more"), CASES, ids=lambda value: str(value))
def test_a_thousand_steps_agree_with_torch(
    name: str, settings: dict[str, Any], kind: Callable[..., torch.optim.Optimizer], more: dict[str, Any]
) -> None:
    rng = np.random.default_rng(0)
    # gradients' sizes differ by a hundred thousand
    scales = {"weight": np.array([[1e-3, 1.0, 1e2]] * 2), "bias": np.ones(3)}
    parameters = {key: rng.normal(size=scale.shape) for key, scale in scales.items()}
    leaves = {key: torch.tensor(array, requires_grad=True) for key, array in parameters.items()}
    ours, theirs = OPTIMIZERS[name](**settings), kind(leaves.values(), **more | settings)
    largest = 0.0
    for _ in range(1000):
        gradients = {key: scale * rng.normal(0.1, 1, scale.shape) for key, scale in scales.items()}
        ours.step(parameters, gradients)
        for key, leaf in leaves.items():
            leaf.grad = torch.tensor(gradients[key])
        theirs.step()
        for key, leaf in leaves.items():
            expected = leaf.detach().numpy()
            largest = max(largest, np.abs(parameters[key] - expected).max() / np.abs(expected).max())
    assert largest < 1e-12


# ---------------------------------------------------------------- what the equations imply

GRADIENTS = st.lists(st.floats(-3, 3).filter(lambda g: abs(g) > 1e-3), min_size=1, max_size=8)


@pytest.mark.parametrize("make", [Adam, AdaMax])
@checked
@given(GRADIENTS, st.floats(1e-3, 1e3))
def test_the_size_of_gradients_does_not_matter_to_adam(
    make: Callable[..., Optimizer], gradients: list[float], scale: float
) -> None:
    # m̂ / √v̂ and m / u: a factor of every gradient cancels; the first step is the learning rate, downhill
    path = walk(make(0.1, eps=0), 1, gradients)
    assert walk(make(0.1, eps=0), 1, [scale * g for g in gradients]) == pytest.approx(path, rel=1e-9, abs=1e-9)
    assert path[0] == pytest.approx(1 - 0.1 * np.sign(gradients[0]), rel=1e-12)


@checked
@given(GRADIENTS, st.floats(0.1, 0.95))
def test_momentum_is_a_sum_of_fading_gradients(gradients: list[float], momentum: float) -> None:
    # v_t = Σ_s μ^(t - s) g_s
    sums = [sum(momentum ** (t - s) * gradients[s] for s in range(t + 1)) for t in range(len(gradients))]
    assert walk(SGD(0.1, momentum), 1, gradients) == pytest.approx(1 - 0.1 * np.cumsum(sums), rel=1e-10, abs=1e-10)


@checked
@given(st.floats(0.1, 0.95), st.floats(0.5, 4))
def test_nesterov_takes_its_gradient_ahead(momentum: float, curvature: float) -> None:
    # The lab's form on L = c x² / 2: w ← μ w - η L'(x + μ w), x ← x + w. Ours moves θ = x + μ w.
    lr, x, w = 0.1, 1.0, 0.0
    ours, theta = SGD(lr, momentum, nesterov=True), np.array([1.0])
    for _ in range(10):
        w = momentum * w - lr * curvature * (x + momentum * w)
        x += w
        ours.step({"theta": theta}, {"theta": curvature * theta})
        assert theta[0] == pytest.approx(x + momentum * w, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
@checked
@given(st.integers(0, 99))
def test_a_step_leads_down_the_slope(name: str, seed: int) -> None:
    # the change of L by central differences, for a small step from where nothing is remembered
    rng = np.random.default_rng(seed)
    curvature, theta = rng.uniform(0.5, 2, 4), rng.uniform(0.5, 2, 4) * rng.choice([-1, 1], 4)
    before = theta.copy()
    OPTIMIZERS[name](1e-4).step({"theta": theta}, {"theta": curvature * theta})
    assert (curvature * theta**2).sum() < (curvature * before**2).sum()


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_are_changed_in_place_and_keep_their_type(name: str, dtype: str) -> None:
    theta, gradient = np.ones(3, dtype), np.full(3, 0.5, dtype)
    optimizer = OPTIMIZERS[name](lr=0.01)
    for _ in range(3):
        optimizer.step({"theta": theta}, {"theta": gradient})
    assert (theta < 1).all()
    assert gradient.tolist() == [0.5] * 3
    assert {each.dtype for each in (theta, *optimizer.memory["theta"].values())} == {np.dtype(dtype)}


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "adam", "adamax"])
def test_without_a_gradient_nothing_moves(name: str) -> None:
    assert walk(OPTIMIZERS[name](lr=0.01), 1, [0, 0, 0]) == [1, 1, 1]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_parameters_do_not_share_a_memory(name: str) -> None:
    def run(*names: str) -> dict[str, Array]:
        optimizer, parameters = OPTIMIZERS[name](lr=0.01), {key: np.ones(2) for key in names}
        for step in range(1, 4):
            optimizer.step(parameters, {key: np.full(2, step * (1.0 if key == "a" else -9.0)) for key in names})
        return parameters

    together = run("a", "b")
    assert np.array_equal(together["a"], run("a")["a"])
    assert np.array_equal(together["b"], run("b")["b"])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_changed_rate_counts_from_the_next_step(name: str) -> None:
    one = OPTIMIZERS[name](lr=0.01)
    walk(one, 1, [2, -1])
    two = copy.deepcopy(one)
    two.lr = 0.02
    moved, twice = (1 - walk(each, 1, [3.0])[0] for each in (one, two))
    assert twice == pytest.approx(2 * moved, rel=1e-9)


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: SGD(0), "SGD: lr = 0, weight_decay = 0.0; lr has to be positive"),
        (lambda: Adam(-1), "Adam: lr = -1, weight_decay = 0.0; lr has to be positive"),
        (lambda: AdaMax(0.1, weight_decay=-1), "AdaMax: lr = 0.1, weight_decay = -1"),
        (lambda: SGD(0.1, momentum=1), "SGD: momentum = 1; 0 to below 1 is allowed"),
        (lambda: SGD(0.1, momentum=-0.1), "SGD: momentum = -0.1; 0 to below 1 is allowed"),
        (lambda: SGD(0.1, nesterov=True), "SGD: momentum = 0.0; 0 to below 1 is allowed, and nesterov needs some"),
    ],
)
def test_values_out_of_range_are_told(make: Callable[[], Optimizer], said: str) -> None:
    with pytest.raises(UserError) as error:
        make()
    assert said in str(error.value)
