"""Walking down functions: derivatives, where each method arrives, when a walk ends and what is said of it."""

import math

import numpy as np
import pytest
from comparing import checked, close
from hypothesis import given
from hypothesis import strategies as st

from nnlabs.core.errors import UserError
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.descent import LECTURE, ROSENBROCK, Function, Newton, central_difference, minimise, quadratic
from nnlabs.scratch.optimizers import OPTIMIZERS, SGD

RATES = {"sgd": 0.1, "momentum": 0.02, "nesterov": 0.02, "adam": 0.1, "adamax": 0.2}
PLANES = {"quadratic": quadratic(50.0), "rosenbrock": ROSENBROCK}


def at(*x: float) -> Array:
    return np.array(x, float)


# ---------------------------------------------------------------- functions and their derivatives


def test_functions_by_hand() -> None:
    # 0 - 0 + 1 - 5; 0 - 1 + 1; 6 + 0 + 1
    assert (LECTURE.value(at(0)), LECTURE.gradient(at(0)), LECTURE.hessian(at(0))) == (-4, 0, 7)
    # 3 - 0.84147 + 2.71828 - 5 = -0.12319; 6 - 0.54030 + 2.71828 = 8.17798; 6 + 0.84147 + 2.71828 = 9.55975
    every = LECTURE.value(at(1)), LECTURE.gradient(at(1))[0], LECTURE.hessian(at(1))[0, 0]
    assert every == pytest.approx((-0.12319, 8.17798, 9.55975), abs=5e-6)
    bowl = quadratic(50)
    # (9 + 50 · 4) / 2; (3, 50 · -2)
    assert bowl.value(at(3, -2)) == 104.5
    assert bowl.gradient(at(3, -2)).tolist() == [3, -100]
    assert bowl.hessian(at(3, -2)).tolist() == [[1, 0], [0, 50]]
    # (1 - 2)² + 100 (3 - 4)² = 101; -2 (1 - 2) - 400 · 2 (3 - 4) = 802; 200 (3 - 4)
    assert ROSENBROCK.value(at(2, 3)) == 101
    assert ROSENBROCK.gradient(at(2, 3)).tolist() == [802, -200]
    # 2 - 1200 + 4800, -800, 200
    assert ROSENBROCK.hessian(at(2, 3)).tolist() == [[3602, -800], [-800, 200]]


@pytest.mark.parametrize("function", [quadratic(50), ROSENBROCK], ids=["quadratic", "rosenbrock"])
@checked
@given(st.floats(-2, 2), st.floats(-2, 2))
def test_gradients_and_hessians_in_the_plane_by_differences(function: Function, x: float, y: float) -> None:
    point = at(x, y)
    close(function.gradient(point), central_difference(function.value, point), 1e-8)
    hessian = [central_difference(lambda p, i=i: float(function.gradient(p)[i]), point) for i in range(2)]  # type: ignore[misc]
    close(function.hessian(point), np.array(hessian), 1e-8)


@checked
@given(st.floats(-3, 3))
def test_the_lectures_derivatives_by_differences(x: float) -> None:
    close(LECTURE.gradient(at(x)), central_difference(LECTURE.value, at(x)), 1e-8)
    slope = central_difference(lambda p: float(LECTURE.gradient(p)[0]), at(x))
    close(LECTURE.hessian(at(x))[0], slope, 1e-8)


@pytest.mark.parametrize(("dtype", "worst"), [("float64", 1e-10), ("float32", 1e-4)])
def test_the_error_of_central_differences(dtype: str, worst: float) -> None:
    # h = ε^(1/3), 6.06e-6 in float64; its own error h² / 6 |f'''|, rounding's ε |f| / h: both about ε^(2/3)
    points = np.linspace(-1, 1, 21, dtype=dtype)
    slopes = np.concatenate([central_difference(lambda p: float(np.exp(p[0])), x[None]) for x in points])
    error = np.abs(slopes - np.exp(points.astype(float))).max()
    assert slopes.dtype == dtype
    assert 0 < error < worst
    # no step that is a hundred times longer or shorter does better
    h = np.finfo(dtype).eps ** (1 / 3)
    for wrong in (h * 100, h / 100):
        up, down = (np.exp((points + sign * wrong).astype(dtype)).astype(float) for sign in (1, -1))
        assert np.abs((up - down) / (2 * wrong) - np.exp(points.astype(float))).max() > error


@pytest.mark.parametrize("x", [1e6, -3.0, 0.0])
def test_the_step_of_central_differences_grows_with_x(x: float) -> None:
    # of a parabola the formula has no error; a step of ε^(1/3) at 1e6 would leave rounding's: 1e-16 · 1e12 / 6e-6 = 17
    assert central_difference(lambda p: float(p[0] ** 2), at(x))[0] == pytest.approx(2 * x, rel=1e-9, abs=1e-15)


# ---------------------------------------------------------------- where each method arrives


@pytest.mark.parametrize("name", [*RATES, "newton"])
def test_each_method_finds_the_lectures_minimum(name: str) -> None:
    method = Newton(LECTURE) if name == "newton" else OPTIMIZERS[name](RATES[name])
    walk = minimise(LECTURE, at(1.5), method, 1e-14, 20000)
    assert walk.ended == "converged"
    # L - L* = 7 x² / 2: steps that change it by less than 1e-14 may still be 1e-6 away
    assert walk.path[-1, 0] == pytest.approx(0, abs=1e-6)
    assert walk.values[-1] == pytest.approx(-4, abs=1e-12)
    assert walk.path.shape == (walk.steps + 1, 1)
    assert walk.values.tolist() == [LECTURE.value(x) for x in walk.path]


def test_gradient_descent_by_hand() -> None:
    # L' = x: each step takes a quarter off; L = x² / 2
    walk = minimise(quadratic(1), at(4, 0), SGD(0.25), 1e-14, 3)
    assert walk.path[:, 0].tolist() == [4, 3, 2.25, 1.6875]
    assert walk.values[:3].tolist() == [8, 4.5, 2.53125]
    assert (walk.steps, walk.ended) == (3, "limit")


@pytest.mark.parametrize("condition", [1.0, 50.0, 1e6])
def test_newton_needs_one_step_on_a_quadratic(condition: float) -> None:
    walk = minimise(quadratic(condition), at(-9, 1.5), Newton(quadratic(condition)), 1e-14, 10)
    np.testing.assert_allclose(walk.path[1], [0, 0], atol=1e-12)
    assert (walk.steps, walk.ended) == (2, "converged")  # the second sees that nothing changes any more


def test_newton_finds_rosenbrocks_minimum() -> None:
    walk = minimise(ROSENBROCK, at(-1.2, 1), Newton(ROSENBROCK), 1e-14, 50)
    np.testing.assert_allclose(walk.path[-1], [1, 1], rtol=1e-8)
    assert (walk.ended, walk.values[-1]) == ("converged", pytest.approx(0, abs=1e-14))
    assert walk.steps < 10


def test_newton_goes_down_where_the_curvature_is_negative() -> None:
    # L = cos x near 0.5: L'' = -cos 0.5 < 0, so the plain step, -L' / L'' = -tan 0.5, would climb to the top at 0;
    # with |L''| it is 0.5 + tan 0.5 = 1.0463
    wave = Function(r"\cos x", lambda x: float(np.cos(x).sum()), lambda x: -np.sin(x), lambda x: np.diag(-np.cos(x)))
    walk = minimise(wave, at(0.5), Newton(wave), 1e-14, 50)
    assert walk.path[1, 0] == pytest.approx(0.5 + math.tan(0.5), rel=1e-12)
    assert walk.values[-1] == pytest.approx(-1, abs=1e-12)


def test_a_gradient_may_be_replaced() -> None:
    walk = minimise(LECTURE, at(1.5), SGD(0.1), 1e-14, 1000, gradient=lambda x: central_difference(LECTURE.value, x))
    exact = minimise(LECTURE, at(1.5), SGD(0.1), 1e-14, 1000)
    assert walk.path[-1, 0] == pytest.approx(0, abs=1e-7)
    assert 0 < np.abs(walk.path[1] - exact.path[1]).max() < 1e-9


def test_the_start_stays_as_it_was() -> None:
    start = at(1.5)
    minimise(LECTURE, start, SGD(0.1), 1e-14, 5)
    assert start.tolist() == [1.5]


# ---------------------------------------------------------------- when a walk ends


@pytest.mark.parametrize("tolerance", [1e-2, 1e-6, 1e-12])
def test_a_walk_ends_at_the_first_change_below_the_tolerance(tolerance: float) -> None:
    walk = minimise(LECTURE, at(1.5), SGD(0.1), tolerance, 1000)
    changes = np.abs(np.diff(walk.values))
    assert walk.ended == "converged"
    assert changes[-1] < tolerance
    assert (changes[:-1] >= tolerance).all()


@pytest.mark.parametrize(
    ("lr", "ended"), [(0.002, "limit"), (0.1, "converged"), (0.27, "converged"), (0.4, "diverged")]
)
def test_rates_too_small_good_too_large_and_diverging(lr: float, ended: str) -> None:
    # the slope's factor near the minimum is 1 - 7 lr: -0.89 at 0.27, -1.8 at 0.4
    assert minimise(LECTURE, at(1.5), SGD(lr), 1e-14, 500).ended == ended


def test_divergence_is_found_before_anything_is_infinite() -> None:
    walk = minimise(quadratic(1), at(1, 0), SGD(3.0), 1e-14, 10000)
    # x is multiplied by -2, L by 4: 0.5 · 4^13 = 3.4e7 is the last below 1e8
    assert (walk.ended, walk.steps, walk.values[-1]) == ("diverged", 13, 2**25)
    assert np.isfinite(walk.path).all()
    # from 1.5 with a rate of 40, e^x overflows within three steps
    walk = minimise(LECTURE, at(1.5), SGD(40.0), 1e-14, 100, ceiling=math.inf)
    assert walk.ended == "diverged"
    assert np.isfinite(walk.values).all()


def test_a_high_start_is_no_divergence() -> None:
    # L = 1.07e13 at 30, far above the ceiling; Newton comes down about 1 in x a step
    walk = minimise(LECTURE, at(30), Newton(LECTURE), 1e-14, 100)
    assert walk.ended == "converged"
    assert walk.path[-1, 0] == pytest.approx(0, abs=1e-7)


def test_a_start_where_the_function_overflows_is_told() -> None:
    with pytest.raises(UserError, match=r"the function is inf at the start, \[800\.0\]; one nearer 0 is needed"):
        minimise(LECTURE, at(800), SGD(0.1), 1e-14, 10)
