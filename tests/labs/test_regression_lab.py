"""The lab `regression`: both curves are learnt, and by hand as the source has it."""

import math

import numpy as np
import pytest
from computedlab import RAW, Pages, answer, compute, settings

from nnlabs.labs.regression.compute import points, rms
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


def test_the_errors_are_held_against_the_noise(pages: Pages) -> None:
    page = pages.write("regression", drawn=False)
    assert "not below the noise of 0.05" in answer(page)  # twenty steps learn nothing
    assert "60 points: 12 values of x" in page
    assert "2 fully connected layers (1-4-1, tanh" in page
