"""The lab `xor`: what a hidden layer does, four classes, and what the page makes of few seeds."""

import re
from dataclasses import replace

import numpy as np
import pytest
from computedlab import Change, Pages, answer, compute

from nnlabs.core.record import Arrays
from nnlabs.labs.xor import compute as xor
from nnlabs.labs.xor.results import AROUND, Results


def test_xor_by_hand() -> None:
    corner, x = xor.draw(500, 0.1, np.random.default_rng(0))
    assert {tuple(each) for each in corner.tolist()} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert (x - corner).std() == pytest.approx(0.1, rel=0.1)
    # (0, 0), (0, 1), (1, 1), (1, 0) are 0, 1, 2, 3: around the square
    assert [AROUND[a, b] for a, b in ((0, 0), (0, 1), (1, 1), (1, 0))] == [0, 1, 2, 3]
    # one output: the nearest class; several: the largest
    assert xor.decide(np.array([[-3.0], [0.4], [1.6], [9.0]])).tolist() == [0, 0, 2, 3]
    assert xor.decide(np.array([[0.1, 0.2, -1, 0], [5, 4, 3, 2]])).tolist() == [1, 0]
    assert xor.plane().shape == (81 * 81, 2)
    assert xor.plane()[1].tolist() == pytest.approx([-0.475, -0.5])


def test_a_hidden_layer_does_what_a_line_cannot() -> None:
    changes = {"corners.iterations": 400, "corners.points": 200, "corners.hidden": 16, "corners.lr": 0.005}
    results, arrays = compute("xor", **changes)
    for run in results.corners.runs:
        assert run.network == 1
        assert run.line < 0.8  # three of four corners at best
        assert run.last_loss < run.first_loss
    assert [each.parameters for each in results.counts] == [65, 58, 567_434]  # 3 · 16 + 17
    first, second = results.classes
    assert (first.regressed.parameters, first.softmax.parameters) == (17, 32)  # 12 + 5, 12 + 20
    assert len(first.softmax.examples) == 5
    for example in first.softmax.examples:
        assert sum(example.output) == pytest.approx(1)
        assert example.predicted == np.argmax(example.output)
    assert second.softmax.examples == []
    # the boundary's plane says what the network says of the corners: index 20 is 0.0, 60 is 1.0
    assert (arrays["corners.network"][[20, 60, 20, 60], [20, 60, 60, 20]] > 0).tolist() == [False, False, True, True]


def _first_seed(results: Results, _: Arrays) -> Results:
    """What one seed would have left."""
    return replace(
        results, corners=replace(results.corners, runs=results.corners.runs[:1]), classes=results.classes[:1]
    )


def test_one_seed_has_no_interval(pages: Pages) -> None:
    page = pages.write("xor", _first_seed, drawn=False)
    assert "±" not in answer(page)
    assert "(1 seed)" in answer(page)
    assert "too few to say whether they differ" in page


def test_the_network_and_the_line_are_held_to_what_is_expected(pages: Pages) -> None:
    def both(network: float, line: float) -> Change:
        def change(results: Results, _: Arrays) -> Results:
            runs = [replace(run, network=network, line=line) for run in results.corners.runs]
            return replace(results, corners=replace(results.corners, runs=runs))

        return change

    page = pages.write("xor", both(0.999, 0.5), drawn=False)
    assert "The network gets 99.5 % or more on every seed (lowest of 2 seeds: 99.90 %)" in page
    assert "the line gets less than 80 % on every seed" in page
    assert "gets 99.90 ± 0.00 % of held-out points right, a line 50.00 ± 0.00 % (2 seeds)" in answer(page)
    page = pages.write("xor", both(0.7, 0.9), drawn=False)
    assert "The network does **not** get 99.5 % or more" in page
    assert "the line does **not** get less than 80 % on every seed (highest of 2 seeds: 90.00 %)" in page
    assert "*network* is worse than *line*" in page


def test_a_class_without_points_has_no_accuracy(pages: Pages) -> None:
    def change(results: Results, _: Arrays) -> Results:
        nothing = [0.5, 0.5, float("nan"), 0.5]
        classes = [
            replace(
                run,
                regressed=replace(run.regressed, per_class=nothing),
                softmax=replace(run.softmax, per_class=nothing),
            )
            for run in results.classes
        ]
        return replace(results, classes=classes)

    assert re.search(r"four outputs, softmax .*\| +– \|", pages.write("xor", change, drawn=False))


def test_a_boundary_that_is_outside_is_not_drawn(pages: Pages) -> None:
    def change(results: Results, arrays: Arrays) -> Results:
        arrays["corners.line"] = np.full_like(arrays["corners.line"], 3)
        return results

    pages.write("xor", change)


def test_parameters_are_counted(pages: Pages) -> None:
    page = pages.write("xor", drawn=False)
    assert re.search(r"4-8-2 .*\(4 \+ 1\) · 8 \+ \(8 \+ 1\) · 2 \| +58 \|", page)
    assert re.search(r"784-512-256-128-10 .*\| +567,434 \|", page)
