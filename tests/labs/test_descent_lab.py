"""The lab `descent`: what walks down arrives, and what diverges is said to."""

import numpy as np
import pytest
from computedlab import RAW, Pages, answer, compute

from nnlabs.labs.descent.agreement import optimizer_errors


def test_descent_finds_the_minimum_and_says_what_diverges() -> None:
    results, arrays = compute("descent", iterations=3000, tolerance=1e-14)
    assert (results.minimum.x, results.minimum.value) == (pytest.approx(0, abs=1e-15), pytest.approx(-4, abs=1e-15))
    assert [walk.name for walk in results.walks] == [*RAW["labs"]["descent"]["rates"], "newton"]
    for walk in results.walks:
        assert walk.ended == "converged", walk
        assert (walk.error_x, walk.error_value) == pytest.approx((0, 0), abs=1e-6)
        assert len(arrays[f"walk.{walk.name}.value"]) == walk.steps + 1
    ended = {walk.name: walk.ended for walk in results.regimes}
    assert ended == {"too small": "converged", "good": "converged", "too large": "converged", "diverging": "diverged"}
    assert min(results.walks, key=lambda walk: walk.steps).name == "newton"
    assert results.curvature == 7
    # h² / 6 · |L'''| with h = 6e-6 · 3 and |L'''| = e^3, and as much again of rounding
    assert 0 < results.derivatives.central_difference < 1e-8
    assert results.derivatives.autograd < 1e-14
    newton = results.planes["quadratic"].walks[-1]
    assert (newton.name, newton.steps) == ("newton", 2)


def test_optimizers_agree_with_torch() -> None:
    rows = optimizer_errors(200)
    assert {row.name for row in rows} == {"sgd", "momentum", "nesterov", "adam", "adamax", "adamw"}
    assert max(row.error for row in rows) < 1e-12


def test_what_does_not_arrive_is_named(pages: Pages) -> None:
    page = pages.write("descent", drawn=False)
    assert "; not: " in answer(page)  # sixty steps are too few for some
    assert "step limit" in page


def test_the_chart_falls_to_what_rounding_leaves(pages: Pages) -> None:
    from nnlabs.labs.descent.page import FLOOR, curve

    results, arrays = compute("descent", iterations=3000, tolerance=1e-14)
    newton = [row["y"] for row in curve(results, arrays) if row["series"] == "Newton"]
    assert newton[0] == pytest.approx(np.log10(arrays["walk.newton.value"][0] + 4), rel=1e-3)
    assert np.log10(FLOOR) <= newton[-1] < -14
