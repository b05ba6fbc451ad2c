"""The lab `descent`: what walks down arrives, what diverges is said to, and no sentence is false of other numbers."""

from dataclasses import replace
from math import log

import numpy as np
import pytest
from computedlab import Change, Pages, answer, compute, settings
from pydantic import ValidationError

from nnlabs.core.record import Arrays
from nnlabs.labs.descent.agreement import optimizer_errors
from nnlabs.labs.descent.compute import METHODS, fewest
from nnlabs.labs.descent.figures import FLOOR
from nnlabs.labs.descent.page import curve
from nnlabs.labs.descent.results import Bowl, Ended, Results, Tried, Walk
from nnlabs.labs.descent.sentences import answer as said
from nnlabs.labs.descent.sentences import as_expected, expected, overshoot, thrown_out

ENOUGH = {"iterations": 3000, "tolerance": 1e-14, "rates": {"lowest": 0.04, "highest": 0.4, "number": 3}}


def test_descent_finds_the_minimum_and_says_what_diverges() -> None:
    results, arrays = compute("descent", **ENOUGH)
    assert (results.minimum.x, results.minimum.value) == (pytest.approx(0, abs=1e-15), pytest.approx(-4, abs=1e-15))
    line = results.functions["line"]
    assert [walk.name for walk in line.best] == [*METHODS, "newton"]
    assert [each.ended for each in line.tried["sgd"]] == ["arrived", "arrived", "diverged"]
    for walk in line.best:
        assert walk.ended == "arrived", walk
        assert walk.gap == pytest.approx(0, abs=1e-6)
        assert len(arrays[f"line.{walk.name}.value"]) == walk.steps + 1
        if walk.lr is not None:
            assert walk.steps == min(each.steps for each in line.tried[walk.name] if each.ended == "arrived")
    ended = {walk.name: walk.ended for walk in results.regimes}
    assert ended == {"too small": "arrived", "good": "arrived", "too large": "arrived", "diverging": "diverged"}
    assert results.curvature == 7
    # h² / 6 · |L'''| with h = 6e-6 · 3 and |L'''| = e^3, and as much again of rounding
    assert 0 < results.derivatives.central_difference < 1e-8
    assert results.derivatives.autograd < 1e-14
    newton = results.functions["quadratic"].best[-1]
    assert (newton.name, newton.steps) == ("newton", 2)


def test_momentum_takes_the_steps_that_theory_says_and_pays_in_long_bowls() -> None:
    results, _ = compute("descent", **ENOUGH)
    # L(1.5) + 4 = 9.234; ln(0.1 · 9.234 · 10^14) / -ln 0.9 = 32.16 / 0.10536
    assert expected(results, 0.9) == pytest.approx(305.2, abs=0.1)
    assert expected(results, 0.5) == pytest.approx(log(0.5 * 9.2341942e14) / log(2))
    assert as_expected(results, "momentum")
    short, long = results.bowls
    assert short.descent is not None
    assert short.momentum is not None
    assert short.descent < short.momentum
    assert long.momentum is not None
    assert long.descent is None or long.momentum < long.descent
    assert long.momentum == pytest.approx(short.momentum, rel=0.15)


def test_a_walk_that_bounces_has_not_arrived() -> None:
    # twice the largest rate of the bowl's steep direction: 2 / 50
    results, _ = compute("descent", rates={"lowest": 0.04, "highest": 0.05, "number": 2}, iterations=2000)
    first, second = results.functions["quadratic"].tried["sgd"]
    assert (first.lr, first.ended) == (0.04, "stopped")
    assert second.ended == "diverged"


def test_the_fewest_steps_of_those_that_arrived_else_the_lowest() -> None:
    def walk(steps: int, ended: Ended, gap: float) -> Walk:
        return Walk("sgd", 0.1, [0.0], gap, steps, ended)

    assert fewest([walk(9, "arrived", 0), walk(7, "arrived", 1e-9), walk(2, "stopped", 5)]) == 1
    assert fewest([walk(60, "limit", 0.5), walk(60, "limit", 0.1), walk(2, "diverged", 99)]) == 1


def test_rates_are_rounded_and_rise() -> None:
    assert settings("descent", rates={"lowest": 0.001, "highest": 0.1, "number": 3}).rates.values == (0.001, 0.01, 0.1)
    with pytest.raises(ValidationError, match=r"more than lowest, 0\.1, is needed"):
        settings("descent", rates={"lowest": 0.1, "highest": 0.01, "number": 3})


def test_optimizers_agree_with_torch() -> None:
    rows = optimizer_errors(200)
    assert {row.name for row in rows} == {"sgd", "momentum", "nesterov", "adam", "adamax", "adamw"}
    assert max(row.error for row in rows) < 1e-12


def _made(**steps: tuple[int, Ended]) -> Change:
    """The methods' best walks on L, with other steps and ends."""

    def change(results: Results, _: Arrays) -> Results:
        line = results.functions["line"]
        best = [replace(walk, steps=steps[walk.name][0], ended=steps[walk.name][1]) for walk in line.best]
        return replace(results, functions=results.functions | {"line": replace(line, best=best)})

    return change


ALL: dict[str, tuple[int, Ended]] = dict.fromkeys((*METHODS, "newton"), (300, "arrived"))


def test_no_reason_is_given_for_what_is_not_so(pages: Pages) -> None:
    usual = answer(pages.write("descent", _made(**ALL | {"sgd": (10, "arrived")})))
    assert "10 steps at the best of 3 learning rates, momentum (μ = 0.9) in 300: whatever the rate" in usual
    reversed_ = answer(pages.write("descent", _made(**ALL | {"sgd": (301, "arrived")})))
    assert "momentum (μ = 0.9) in 300." in reversed_
    assert "whatever" not in reversed_
    tied = answer(pages.write("descent", _made(**ALL)))
    assert "whatever" not in tied


def test_what_does_not_arrive_is_named(pages: Pages) -> None:
    lost = pages.write("descent", _made(**ALL | {"momentum": (60, "limit"), "adam": (3, "diverged")}))
    assert "At none of 3 learning rates did these reach the minimum: momentum (step limit)." in answer(lost)
    assert "Adam" not in answer(lost)
    assert "Adam and AdaMax take about as long" not in lost


@pytest.mark.parametrize(
    ("bowl", "wanted"),
    [
        (Bowl(100, 800, 300, 100), "Momentum pays in long bowls: where one direction is 100 times"),
        (Bowl(100, 300, 300, 100), "the steps are: gradient descent 300 and momentum 300."),
        (Bowl(100, 200, 300, 100), "the steps are: gradient descent 200 and momentum 300."),
        (Bowl(100, None, 300, 100), "the steps are: gradient descent did not arrive and momentum 300."),
    ],
)
def test_momentum_pays_only_where_it_does(bowl: Bowl, wanted: str) -> None:
    results, _ = compute("descent")
    row = said(replace(results, bowls=[bowl])).row
    assert wanted in row
    assert ("pays" in row) is ("pays" in wanted)


@pytest.mark.parametrize(
    ("path", "far"),
    [([1.5, -0.2, 0.1, -0.3, 0.0], -0.3), ([-1.0, 0.4, -0.9], 0.4), ([1.5, 0.5, 0.0], None), ([1.5], None)],
)
def test_how_far_a_walk_gets_beyond_the_minimum(path: list[float], far: float | None) -> None:
    assert overshoot(np.array(path)) == far


@pytest.mark.parametrize(
    ("ended", "lost"),
    [
        (("arrived", "diverged", "diverged"), 0.1),
        (("diverged", "arrived", "diverged"), 1.0),
        (("diverged", "diverged", "arrived"), None),
        (("arrived", "arrived", "arrived"), None),
        (("limit", "stopped", "diverged"), 0.01),
    ],
)
def test_from_which_rate_on_momentum_does_not_arrive(ended: tuple[Ended, Ended, Ended], lost: float | None) -> None:
    results, _ = compute("descent")
    line = results.functions["line"]
    tried = [Tried(lr, 9, each) for lr, each in zip((0.01, 0.1, 1.0), ended, strict=True)]
    made = replace(line, tried=line.tried | {"momentum": tried})
    assert thrown_out(replace(results, functions=results.functions | {"line": made})) == lost


def test_momentum_that_arrives_at_every_rate_is_not_thrown_out(pages: Pages) -> None:
    def change(results: Results, _: Arrays) -> Results:
        line = results.functions["line"]
        tried = [replace(each, ended="arrived") for each in line.tried["momentum"]]
        made = replace(line, tried=line.tried | {"momentum": tried})
        return replace(results, functions=results.functions | {"line": made})

    assert "momentum arrives no more" not in pages.write("descent", change)


def test_a_rate_at_an_end_is_told(pages: Pages) -> None:
    assert "At an end of the rates tried, so that a better one may lie beyond:" in pages.write("descent")


def test_the_chart_falls_to_what_rounding_leaves() -> None:
    results, arrays = compute("descent", **ENOUGH)
    newton = [row["y"] for row in curve(results, arrays) if row["series"] == "Newton"]
    assert newton[0] == pytest.approx(np.log10(arrays["line.newton.value"][0] + 4), rel=1e-3)
    assert np.log10(FLOOR) <= newton[-1] < -14
