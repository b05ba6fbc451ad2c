"""The lab `regression`: both curves are learnt, and by hand as the source has it."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from computedlab import RAW, Pages, answer, compute, settings

from nnlabs.labs.regression.cosine import spikes
from nnlabs.labs.regression.page import _digits, networks
from nnlabs.labs.regression.page import answer as page_answer
from nnlabs.labs.regression.points import drawn, points, rms
from nnlabs.labs.regression.results import Learned, Results, Spikes
from nnlabs.labs.regression.settings import Settings


def test_points_and_errors_by_hand() -> None:
    curve = settings("regression", **{"sigmoid.points": 4, "sigmoid.limit": 0.5}).sigmoid
    assert points(curve).tolist() == [-0.5, -0.25, 0, 0.25]
    assert rms(np.array([3.0, -4.0])) == pytest.approx(math.sqrt(12.5))
    # the source's: arange(100) / 100 - 0.5
    raw = {key: value for key, value in RAW["labs"]["regression"].items() if key != "dataset"}
    np.testing.assert_allclose(points(Settings.model_validate(raw).sigmoid), np.arange(100) / 100 - 0.5, atol=1e-16)


def test_both_curves_are_learnt_better_with_more_steps() -> None:
    results, arrays = compute(
        "regression",
        **{
            "sigmoid.iterations": 2000,
            "sigmoid.snapshots": [1, 2000],
            "sigmoid.hidden": [16],
            "cosine.iterations": 200,
            "cosine.snapshots": [1, 200],
            "cosine.hidden": [8, 8],
        },
    )
    for name, learned in results.curves.items():
        for first, last in learned.errors:
            assert last < first / 2, name
        assert learned.mean_error == pytest.approx(np.mean([last for _, last in learned.errors]))
        assert learned.worst_error == max(last for _, last in learned.errors)
        truth, curves = arrays[f"{name}.truth"], arrays[f"{name}.curves"]
        assert curves.shape == (2, 12)
        assert rms(curves[1] - truth) == pytest.approx(learned.errors[0][1])
    assert results.curves["sigmoid"].parameters == 49  # 2 · 16 + 17
    assert results.curves["cosine"].parameters == 16 + 72 + 9
    assert arrays["sigmoid.seen"].size == 5 * 12
    x = arrays["sigmoid.x"]
    np.testing.assert_allclose(arrays["sigmoid.truth"], 1 / (1 + np.exp(-10 * x)), rtol=1e-14)


class Four:
    """A generator of four numbers."""

    def normal(self, scale: float, size: int) -> Any:
        assert (scale, size) == (0.5, 4)
        return np.array([1.0, 3.0, -1.0, -1.0])


def test_the_noise_as_it_was_drawn_by_hand() -> None:
    curve = settings("regression", **{"sigmoid.points": 2, "sigmoid.repeats": 2, "sigmoid.noise": 0.5}).sigmoid
    seen = drawn(curve, np.array([10.0, 20.0]), Four())  # type: ignore[arg-type]
    assert seen.y.tolist() == [11, 13, 19, 19]
    assert seen.variance == 3  # (1 + 9 + 1 + 1) / 4
    assert seen.floor == 0.5  # 12 ± 1, and 19 twice


def test_spikes_by_hand() -> None:
    losses = np.ones(1000)
    assert spikes(losses) == 0
    losses[300:340:2] = 9  # in and out of it: one
    losses[700] = 4
    assert spikes(losses) == 2
    losses[900] = 3  # not more than three times the lowest
    assert spikes(losses) == 2


LEARNED = Learned([[0.2, 0.01]], 0.01, 0.01, 10, 0.05, variances=[0.0025], floors=[0.002], losses=[0.0026])
FOUND = Spikes(constant=7, falling=0, constant_loss=1e-6, falling_loss=1e-6, gradient=1e4, step=100)


def _said(learned: Learned = LEARNED, found: Spikes = FOUND) -> str:
    curves = {"sigmoid": learned, "cosine": replace(learned, noise=0.0)}
    return " ".join(page_answer(Results(curves, found)).sentences)


def test_the_error_is_held_against_the_noise() -> None:
    assert "20 % of the noise of 0.05 that each point has" in _said()
    far = _said(replace(LEARNED, mean_error=0.05))
    assert "no nearer than the single points, whose noise is 0.05" in far
    assert "averages out" not in far
    bare = _said(replace(LEARNED, noise=0.0))
    assert "squared error" not in bare
    assert "noise of" not in bare


@pytest.mark.parametrize(
    ("loss", "wanted"),
    [
        (0.0026, "ends at 0.00260 (first seed), where the true function itself has 0.00250: a curve that gets below"),
        (0.0024, "below that follows the noise, so this one follows some of it, and no function of x can get below"),
        (0.0025, "below that follows the noise, and no function of x can get below 0.00200"),
    ],
)
def test_the_loss_is_held_against_the_noise_that_was_drawn(loss: float, wanted: str) -> None:
    said = _said(replace(LEARNED, losses=[loss]))
    assert wanted in said
    assert ("this one follows some of it" in said) is (loss < 0.0025)


def test_a_factor_read_off_at_one_iteration_has_two_digits() -> None:
    assert [_digits(each) for each in (72_601.0, 478.0, 7.0)] == ["73,000", "480", "7"]


@pytest.mark.parametrize(
    ("constant", "falling", "wanted"),
    [
        (7, 0, "jumps up 7 times on the way, since Adam's steps stay long where gradients are tiny;"),
        (3, 1, "with a rate that falls to 0 it does so 1 time."),
        (3, 3, "jumps up 3 times on the way, and 3 with a rate that falls to 0."),
        (0, 2, "makes no jump on the way."),
    ],
)
def test_jumps_are_explained_only_where_the_falling_rate_cures_them(constant: int, falling: int, wanted: str) -> None:
    said = _said(found=replace(FOUND, constant=constant, falling=falling))
    assert wanted in said
    assert ("since Adam" in said) is (falling < constant)


def test_the_page_tells_what_was_learnt_from(pages: Pages) -> None:
    page = pages.write("regression")
    assert "no nearer than the single points" in answer(page)  # twenty steps learn nothing
    assert "60 points: 12 values of x" in page
    assert "2 fully connected layers (1-4-1, tanh" in page
    assert "no jump is left" not in page


def test_the_drawn_networks_have_as_many_parameters_as_the_trained() -> None:
    results, _ = compute("regression")
    drawn = networks(results, settings("regression"), ())
    for learned, layers in zip(results.curves.values(), drawn.values(), strict=True):
        assert sum(each["parameters"] for each in layers) == learned.parameters
