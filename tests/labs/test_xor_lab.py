"""The lab `xor`: what a hidden layer does, four classes, and what the page makes of few seeds."""

import re
from dataclasses import replace

import numpy as np
import pytest
from computedlab import Change, Pages, answer, compute

from nnlabs.core.record import Arrays
from nnlabs.labs.xor import compute as xor
from nnlabs.labs.xor.figures import best
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
    corners = replace(results.corners, runs=results.corners.runs[:1], pairs=results.corners.pairs[:1])
    return replace(results, corners=corners, classes=results.classes[:1])


def test_one_seed_has_no_interval(pages: Pages) -> None:
    page = pages.write("xor", _first_seed)
    assert "±" not in answer(page)
    assert "(1 seed)" in answer(page)
    assert "too few to say whether they differ" in page


def test_a_pair_is_what_its_two_lines_say() -> None:
    changes = {"corners.iterations": 400, "corners.points": 200, "corners.lr": 0.005}
    results, arrays = compute("xor", **changes)
    assert [pair.seed for pair in results.corners.pairs] == [0, 1]
    pair = results.corners.pairs[0]
    lines, output = np.array(pair.lines), np.array(pair.output)
    assert (lines.shape, output.shape) == ((2, 3), (3,))
    hidden = 1 / (1 + np.exp(-(arrays["corners.x"] @ lines[:, :2].T + lines[:, 2])))
    right = ((hidden @ output[:2] + output[2] > 0) == arrays["corners.y"]).mean()
    assert right == pytest.approx(pair.accuracy, abs=0.1)  # of other points than the held-out ones
    assert best([replace(pair, accuracy=0.5), replace(pair, accuracy=0.9, seed=7)]).seed == 7


def _pairs(*accuracies: float) -> Change:
    def change(results: Results, _: Arrays) -> Results:
        corners = results.corners
        pairs = [replace(pair, accuracy=each) for pair, each in zip(corners.pairs, accuracies, strict=True)]
        return replace(results, corners=replace(corners, pairs=pairs))

    return change


@pytest.mark.parametrize(
    ("accuracies", "wanted"),
    [
        ((1.0, 0.74), "found where their lines belong from 1 of 2 starts; the rest got 74.0 %."),
        ((1.0, 1.0), "found where their lines belong from 2 of 2 starts."),
        (
            (0.5, 0.74),
            "gradient descent found XOR from none of 2 starts; they got 50.0 to 74.0 %.",
        ),
    ],
)
def test_how_often_two_units_find_it(accuracies: tuple[float, ...], wanted: str, pages: Pages) -> None:
    page = pages.write("xor", _pairs(*accuracies))
    assert wanted in answer(page)
    assert ("enough" in answer(page)) is (max(accuracies) == 1)
    assert ("one line parts the classes" in page) is (max(accuracies) == 1)


def test_the_network_and_the_line_are_held_to_what_is_expected(pages: Pages) -> None:
    def both(network: float, line: float) -> Change:
        def change(results: Results, _: Arrays) -> Results:
            runs = [replace(run, network=network, line=line) for run in results.corners.runs]
            return replace(results, corners=replace(results.corners, runs=runs))

        return change

    def four_seeds(results: Results, _: Arrays) -> Results:
        first, points = results.corners.runs[0], ((0.7, 0.9), (0.71, 0.89), (0.69, 0.91), (0.72, 0.9))
        runs = [replace(first, network=network, line=line) for network, line in points]
        return replace(results, corners=replace(results.corners, runs=runs, pairs=results.corners.pairs * 2))

    page = pages.write("xor", both(0.999, 0.5))
    assert "The network gets 99.5 % or more on every seed (lowest of 2 seeds: 99.90 %)" in page
    assert "the line gets less than 80 % on every seed" in page
    assert "gets 99.90 ± 0.00 % of held-out points right, a line alone 50.00 ± 0.00 % (2 seeds)" in answer(page)
    assert "A hidden layer moves the points" in answer(page)
    page = pages.write("xor", both(0.7, 0.9))
    assert "The network does **not** get 99.5 % or more" in page
    assert "the line does **not** get less than 80 % on every seed (highest of 2 seeds: 90.00 %)" in page
    assert "moves the points" not in answer(page)
    assert "*a hidden layer* is worse than *a line*" not in page  # two seeds are too few to say so
    assert "*a hidden layer* is worse than *a line*" in pages.write("xor", four_seeds)


def test_why_regression_loses_is_said_only_where_it_does(pages: Pages) -> None:
    def scored(softmax: float, regressed: float) -> Change:
        def change(results: Results, _: Arrays) -> Results:
            classes = [
                replace(
                    run,
                    softmax=replace(run.softmax, accuracy=softmax),
                    regressed=replace(run.regressed, accuracy=regressed),
                )
                for run in results.classes
            ]
            return replace(results, classes=classes)

        return change

    assert "that output passes 1 and 2" in answer(pages.write("xor", scored(0.9, 0.8)))
    assert "that output passes" not in answer(pages.write("xor", scored(0.8, 0.8)))


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

    assert re.search(r"four outputs, softmax .*\| +– \|", pages.write("xor", change))


def test_a_boundary_that_is_outside_is_not_drawn(pages: Pages) -> None:
    def change(results: Results, arrays: Arrays) -> Results:
        arrays["corners.network"] = np.full_like(arrays["corners.network"], 3)
        return results

    pages.write("xor", change, drawn=True)


def test_parameters_are_counted(pages: Pages) -> None:
    page = pages.write("xor")
    assert re.search(r"4-8-2 .*\(4 \+ 1\) · 8 \+ \(8 \+ 1\) · 2 \| +58 \|", page)
    assert re.search(r"784-512-256-128-10 .*\| +567,434 \|", page)
