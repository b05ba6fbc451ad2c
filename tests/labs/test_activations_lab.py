"""The lab `activations`: values beside the lecture's, and how far ours are from PyTorch's."""

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from computedlab import Change, Pages, answer, compute, judged, printed, settings

from nnlabs.core.record import Arrays
from nnlabs.labs.activations import cost
from nnlabs.labs.activations.agreement import PAIRS, activation_errors
from nnlabs.labs.activations.compute import measure
from nnlabs.labs.activations.figures import NAMES, SHOWN
from nnlabs.labs.activations.page import answer as page_answer
from nnlabs.labs.activations.page import judge
from nnlabs.labs.activations.results import Results
from nnlabs.labs.common.printed import agrees


def test_activations_agree_with_autograd() -> None:
    rows = activation_errors(6)
    assert [row.name for row in rows] == [*(ours.name for ours, _ in PAIRS), "softmax", "log_softmax"]
    assert max(max(row.value, row.derivative) for row in rows) < 1e-14


@pytest.mark.parametrize(
    ("value", "printed", "right"),
    [
        (0.67169, "0.672", True),
        (0.6710001, "0.672", True),  # within one unit of the last digit
        (0.6709, "0.672", False),
        (0.3, "0.3", True),
        (-0.0035, "-0.00341", False),
        (1.4, "1", True),
        (2.1, "1", False),
    ],
)
def test_agreement_with_what_is_printed_by_hand(value: float, printed: str, right: bool) -> None:
    assert agrees(value, printed) is right


def _printed(shown: Any) -> dict[tuple[str, str], list[str | None]]:
    return {(row.name, row.what): told for row, told in zip(shown.results.table, shown.printed, strict=True)}


def test_printed_values_stand_beside_ours_only_at_its_points() -> None:
    results, _ = compute("activations")
    shown = judged("activations", results)
    told = _printed(shown)
    assert told["sigmoid", "derivative"] == ["0.00664806", "0.10499359", "0.25", "0.10499359", "0.00664806"]
    assert told["elu", "value"] == [None] * 5
    assert len(shown.neuron) == 10
    assert (shown.neuron["z"], shown.neuron["exp(-z)"], shown.neuron["tanh"]) == ("1.4", "0.247", "0.885")
    # e^1.4 = 4.0552, e^-1.4 = 0.2466
    way = {"exp(-z)": 0.2466, "1 + exp(-z)": 1.2466, "exp(z)": 4.0552, "exp(z) - exp(-z)": 3.8086}
    for name, value in way.items():
        assert results.neuron[name] == pytest.approx(value, abs=5e-5)
    changed = {"points": [-5.5, -2.5, 0.5, 2.5, 6], "bias": 0.2}
    other = judged("activations", compute("activations", **changed)[0], **changed)
    assert {each for told in other.printed for each in told} == {None}
    assert other.misprints == []
    assert other.neuron == {}
    steeper = judged("activations", compute("activations", slope=0.2)[0], slope=0.2)
    assert _printed(steeper)["leaky_relu", "value"] == [None] * 5
    assert _printed(steeper)["relu", "value"] == ["0", "0", "0", "2", "5"]


def test_a_misprint_would_be_named() -> None:
    results, _ = compute("activations")
    assert judged("activations", results).misprints == []
    reported = [
        row | {"printed": "0.96402755"}
        if (row["function"], row["quantity"], row.get("z")) == ("tanh", "value", "2")
        else row
        for row in printed("activations")
    ]
    assert judge(results, settings("activations"), reported, {}).misprints == ["tanh value at 2"]
    reported = [row | {"printed": "0.9"} if row["function"] == "exp(-z)" else row for row in printed("activations")]
    assert judge(results, settings("activations"), reported, {}).misprints == ["$e^{-z}$"]


def test_activations_beside_each_other() -> None:
    results, arrays = compute("activations", alphas=[0.5, 2])
    assert results.elu["elu"] == pytest.approx([math.exp(-2) - 1, math.exp(-1) - 1, 0, 1, 2])
    assert results.elu["leaky_relu"] == pytest.approx([-0.02, -0.01, 0, 1, 2])
    np.testing.assert_allclose(arrays["elu.2"], 4 * arrays["elu.0.5"] - 3 * np.maximum(arrays["z"], 0), atol=1e-15)
    assert results.extremes["sigmoid"] == [0, 1, 0, 0]
    assert results.largest_derivative_of_sigmoid == 0.25
    assert (results.neuron["z"], results.neuron["sigmoid"]) == pytest.approx((1.4, 1 / (1 + math.exp(-1.4))))


def test_no_relu_comes_back_and_large_rates_kill() -> None:
    dying = {"units": 16, "points": 40, "steps": 60, "rates": [0.1, 30], "bias": -3, "seeds": [0, 1]}
    results, _ = compute("activations", dying=dying)
    gentle, harsh = results.killed
    assert gentle.dead == [0, 0]
    assert sum(harsh.dead) > 8
    assert len(harsh.accuracy) == 2
    back = {(each.name, each.optimizer): each.back for each in results.revived}
    assert (back["relu", "gradient descent"], back["relu", "Adam"]) == (0, 0)
    silent = {each.silent for each in results.revived}
    assert len(silent) == 1  # the same units of the same points, whatever the function
    assert all(0 <= each.back <= each.silent for each in results.revived)


def _killing(*dead: list[int]) -> Change:
    def change(results: Results, _: Arrays) -> Results:
        killed = [replace(each, dead=many) for each, many in zip(results.killed, dead, strict=True)]
        return replace(results, killed=killed)

    return change


def test_what_died_is_said_of_the_rate_at_which_most_did(pages: Pages) -> None:
    said = answer(pages.write("activations", _killing([0, 0], [3, 5])))
    assert "with a learning rate of 30, 3 to 5 of 8 units were 0 for every point (2 seeds)" in said
    said = answer(pages.write("activations", _killing([4, 4], [0, 1])))
    assert "with a learning rate of 0.1, 4 of 8 units" in said
    said = answer(pages.write("activations", _killing([0, 0], [0, 0])))
    assert "No ReLU unit died at learning rates up to 30." in said
    assert "price" not in said


def test_that_no_unit_came_back_is_said_only_where_none_did(pages: Pages) -> None:
    def change(results: Results, _: Arrays) -> Results:
        return replace(results, revived=[replace(each, silent=9, back=2) for each in results.revived])

    page = pages.write("activations", change)
    assert "Of 9 units that began silent, below 0 for every point, training with Adam brought back 2 with ReLU" in page
    assert "No ReLU unit came back" not in page
    assert "Of " not in answer(pages.write("activations", lambda results, _: replace(results, revived=[])))


def test_the_page_says_what_it_held_against_the_course(pages: Pages) -> None:
    page = pages.write("activations")
    assert "All 50 values that the notebook *Week 6: Artificial neural networks* prints agree with ours" in answer(page)
    assert re.search(r"\| +printed \|", page)
    assert re.search(r"\| tanh .*\| +−0\.9999092 \|", page)
    elsewhere = judged("activations", compute("activations", points=[0.5], bias=0.2)[0], points=[0.5], bias=0.2)
    assert not any("prints" in each for each in page_answer(elsewhere).sentences)


def test_what_a_function_costs_is_measured_for_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few in {"BATCHES": 1, "REPEATS": 1, "NUMBERS": 10}.items():
        monkeypatch.setattr(cost, name, few)
    told = measure(settings("activations"))
    assert [row["activation"] for row in told["rows"]] == ["none", *(NAMES[name] for name in SHOWN)]
    assert all(float(row["s an epoch"]) > 0 for row in told["rows"])
