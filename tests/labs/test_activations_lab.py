"""The lab `activations`: values beside the lecture's, and how far ours are from PyTorch's."""

import math
import re
from typing import Any

import numpy as np
import pytest
from computedlab import Pages, answer, compute, judged, printed, settings

from nnlabs.labs.activations.agreement import PAIRS, activation_errors
from nnlabs.labs.activations.page import answer as page_answer
from nnlabs.labs.activations.page import judge
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


def test_the_lectures_values_stand_beside_ours_only_at_its_points() -> None:
    results, _ = compute("activations")
    shown = judged("activations", results)
    told = _printed(shown)
    assert told["sigmoid", "derivative"] == ["0.00664806", "0.10499359", "0.25", "0.10499359", "0.00664806"]
    assert told["elu", "value"] == [None] * 5
    assert shown.neuron == {"z": "1.4", "sigmoid": "0.802", "tanh": "0.885", "relu": "1.4", "leaky_relu": "1.4"}
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


def test_activations_beside_each_other() -> None:
    results, arrays = compute("activations", alphas=[0.5, 2])
    assert results.elu["elu"] == pytest.approx([math.exp(-2) - 1, math.exp(-1) - 1, 0, 1, 2])
    assert results.elu["leaky_relu"] == pytest.approx([-0.02, -0.01, 0, 1, 2])
    np.testing.assert_allclose(arrays["elu.2"], 4 * arrays["elu.0.5"] - 3 * np.maximum(arrays["z"], 0), atol=1e-15)
    assert results.extremes["sigmoid"] == [0, 1, 0, 0]
    assert results.largest_derivative_of_sigmoid == 0.25
    assert (results.neuron["z"], results.neuron["sigmoid"]) == pytest.approx((1.4, 1 / (1 + math.exp(-1.4))))


def test_the_page_says_what_it_held_against_the_lecture(pages: Pages) -> None:
    page = pages.write("activations", drawn=False)
    assert answer(page).endswith("All 40 values that the lecture prints hold.")
    assert re.search(r"\| +lecture \|", page)
    elsewhere = compute("activations", points=[0.5])[0]
    assert "lecture" not in page_answer(judged("activations", elsewhere, points=[0.5]))
