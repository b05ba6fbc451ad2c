"""The fast descent walks where the plain equations walk."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from nnlabs.core.errors import UserError
from nnlabs.scratch.full_batch import NAMES, fit

Array = NDArray[Any]


def points(problem: str, rng: np.random.Generator) -> tuple[Array, Array]:
    if problem == "regression":
        x = (np.arange(100) / 100 - 0.5).repeat(5)
        return x[:, None], 1 / (1 + np.exp(-10 * x)) + rng.normal(0, 0.05, 500)
    corners = rng.integers(2, size=(1000, 2))
    return corners + rng.normal(0, 0.1, (1000, 2)), (corners.sum(axis=1) % 2).astype(float)


def weights(inputs: int, hidden: int, rng: np.random.Generator) -> dict[str, Array]:
    shapes = ((hidden, inputs), (hidden,), (1, hidden), (1,))
    return {name: rng.standard_normal(sizes) for name, sizes in zip(NAMES, shapes, strict=True)}


SETTINGS = {
    "regression": {"activation": "relu", "loss": "squared_error", "lr": 0.005},
    "xor": {"activation": "sigmoid", "loss": "summed_binary_cross_entropy", "lr": 0.002},
}


def plainly(problem: str, x: Array, t: Array, start: dict[str, Array], lr: float, steps: int) -> list[float]:
    """The equations as they stand, N x hidden, everything allocated anew; the loss before every step."""
    w1, b1, w2, b2 = (start[name].copy() for name in NAMES)
    losses = []
    for _ in range(steps + 1):
        z = x @ w1.T + b1
        a = np.maximum(z, 0) if problem == "regression" else 1 / (1 + np.exp(-z))
        y = (a @ w2.T + b2)[:, 0]
        if problem == "regression":
            losses.append(((y - t) ** 2).mean())
            delta = 2 * (y - t) / len(t)
        else:
            y = 1 / (1 + np.exp(-y))
            losses.append(-(t * np.log(y) + (1 - t) * np.log(1 - y)).sum())
            delta = y - t
        below = delta[:, None] * w2 * ((z > 0) if problem == "regression" else a * (1 - a))
        dw2, db2 = delta[None] @ a, delta.sum()
        w1, b1 = w1 - lr * below.T @ x, b1 - lr * below.sum(axis=0)
        w2, b2 = w2 - lr * dw2, b2 - lr * db2
    return losses


@pytest.mark.parametrize("problem", SETTINGS)
def test_losses_are_those_of_the_plain_form(problem: str) -> None:
    rng = np.random.default_rng(3)
    x, t = points(problem, rng)
    start = weights(x.shape[1], 16, rng)
    found = fit(x, t, start, **SETTINGS[problem], iterations=3000, dtype="float64", every=1)
    expected = plainly(problem, x, t, start, SETTINGS[problem]["lr"], 3000)
    np.testing.assert_allclose(list(found.losses.values()), expected, rtol=1e-6)
    assert expected[-1] < expected[0] / 2


@pytest.mark.parametrize("problem", SETTINGS)
def test_one_step_is_autograds(problem: str) -> None:
    rng = np.random.default_rng(4)
    x, t = points(problem, rng)
    start = weights(x.shape[1], 5, rng)
    network = torch.nn.Sequential(
        torch.nn.Linear(x.shape[1], 5),
        torch.nn.ReLU() if problem == "regression" else torch.nn.Sigmoid(),
        torch.nn.Linear(5, 1),
    ).double()
    network.load_state_dict({name: torch.tensor(array) for name, array in start.items()})
    output, target = network(torch.tensor(x))[:, 0], torch.tensor(t)
    if problem == "regression":
        loss = torch.nn.functional.mse_loss(output, target)
    else:
        loss = torch.nn.functional.binary_cross_entropy_with_logits(output, target, reduction="sum")
    loss.backward()
    found = fit(x, t, start, **SETTINGS[problem], iterations=1, dtype="float64")
    assert found.losses[0] == pytest.approx(loss.item(), rel=1e-12)
    for name, parameter in network.named_parameters():
        after = start[name] - SETTINGS[problem]["lr"] * parameter.grad.numpy()
        np.testing.assert_allclose(found.snapshots[1][name], after, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("problem", SETTINGS)
def test_the_gradient_is_the_losss_slope(problem: str) -> None:
    rng = np.random.default_rng(5)
    x, t = points(problem, rng)
    start, eps = weights(x.shape[1], 3, rng), 1e-6
    settings = SETTINGS[problem]

    def loss(parameters: dict[str, Array]) -> float:
        return fit(x, t, parameters, **settings, iterations=0, dtype="float64").losses[0]

    after = fit(x, t, start, **settings, iterations=1, dtype="float64").snapshots[1]
    for name, array in start.items():
        for index in np.ndindex(array.shape):
            moved = [{**start, name: array.copy()} for _ in range(2)]
            moved[0][name][index] += eps
            moved[1][name][index] -= eps
            slope = (loss(moved[0]) - loss(moved[1])) / (2 * eps)
            assert (array[index] - after[name][index]) / settings["lr"] == pytest.approx(slope, rel=1e-5, abs=1e-4)


def test_worked_numbers() -> None:
    """Points x = (1, -1), t = (2, 0), one hidden ReLU unit, w1 = 2, b1 = 0, w2 = 1, b2 = 0.5, η = 0.1.

    Hidden 2 and 0, outputs 2.5 and 0.5, errors 0.5 and 0.5, L = 0.25;
    δ = 2 · 0.5 / 2 = 0.5 each: dw2 = 0.5 · 2 = 1, db2 = 1, dw1 = 0.5 · 1 · 1 = 0.5 = db1.
    """
    start = dict(zip(NAMES, map(np.array, ([[2.0]], [0.0], [[1.0]], [0.5])), strict=True))
    found = fit(np.array([[1.0], [-1.0]]), np.array([2.0, 0.0]), start, "relu", "squared_error", 0.1, 1)
    assert found.losses[0] == 0.25
    for name, value in zip(NAMES, (1.95, -0.05, 0.9, 0.4), strict=True):
        assert found.snapshots[1][name].item() == pytest.approx(value)


@pytest.mark.parametrize("problem", SETTINGS)
def test_merged_points_descend_alike(problem: str) -> None:
    rng = np.random.default_rng(6)
    x, t = points(problem, rng)
    x = np.round(x, 1)  # many are equal now
    start = weights(x.shape[1], 8, rng)
    options = SETTINGS[problem] | {"iterations": 1000, "dtype": "float64", "every": 50}
    apart, together = fit(x, t, start, **options), fit(x, t, start, **options, merge=True)
    assert list(together.losses.values()) == pytest.approx(list(apart.losses.values()), rel=1e-6)


def test_snapshots_dtype_and_untouched_start() -> None:
    rng = np.random.default_rng(7)
    x, t = points("regression", rng)
    start = weights(1, 4, rng)
    before = {name: array.copy() for name, array in start.items()}
    found = fit(x, t, start, **SETTINGS["regression"], iterations=50, every=20, snapshots=(10, 30))
    assert list(found.losses) == [0, 20, 40, 50]
    assert list(found.snapshots) == [10, 30, 50]
    for name in NAMES:
        assert (start[name] == before[name]).all()
        assert found.snapshots[50][name].dtype == np.float32
        assert found.snapshots[50][name].shape == start[name].shape
    assert found.losses[20] == fit(x, t, start, **SETTINGS["regression"], iterations=20).losses[20]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"activation": "relux"}, "activation 'relux' is unknown; allowed: relu, sigmoid"),
        ({"loss": "hinge"}, "loss 'hinge' is unknown"),
        ({"t": np.zeros(3)}, "fit: the targets: the input is 3; 500 is needed"),
        ({"x": np.zeros(500)}, "fit: the input is 500; N x inputs is needed"),
        ({"x": np.full((500, 1), np.nan)}, "fit: the input, 500 x 1, holds NaN or infinity"),
        ({"x": np.zeros((500, 2))}, "0.weight is 4 x 1; 4 x 2 is needed"),
        ({"parameters": {"0.weight": np.zeros((4, 1))}}, "0.weight, 0.bias, 2.weight, 2.bias are needed"),
        ({"lr": 0.0}, "lr 0.0, iterations 5, every 100 found"),
        ({"lr": 1e6, "iterations": 200}, "a learning rate below 1000000.0 is needed"),
    ],
)
def test_bad_input_is_told_in_one_line(change: dict[str, Any], told: str) -> None:
    rng = np.random.default_rng(8)
    x, t = points("regression", rng)
    given = {"x": x, "t": t, "parameters": weights(1, 4, rng), **SETTINGS["regression"], "iterations": 5}
    if "parameters" in change:
        change = {"parameters": {"0.bias": np.zeros(4)} | change["parameters"]}
    with pytest.raises(UserError, match=told.replace("(", r"\(")) as error:
        fit(**given | change)
    assert "\n" not in str(error.value)
