"""The lab `backprop`: worked numbers, autograd's, and what a lecture printed."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from computedlab import Pages, answer, compute, judged, printed, settings

from nnlabs.config import words
from nnlabs.core.errors import UserError
from nnlabs.labs.backprop.arithmetic import Arithmetic, changed
from nnlabs.labs.backprop.compute import quantities
from nnlabs.labs.backprop.page import judge, metrics
from nnlabs.labs.backprop.printed import Line, Verdict
from nnlabs.labs.backprop.results import Results, place
from nnlabs.labs.backprop.sentences import Judged, change
from nnlabs.labs.backprop.sentences import answer as said


def _lines(examples: Sequence[Judged], key: str) -> dict[str, Line]:
    (example,) = (example for example in examples if example.key == key)
    return {line.quantity.name: line for line in example.lines}


def _found(examples: Sequence[Judged], verdict: Verdict) -> list[tuple[str, str]]:
    return [(each.key, line.quantity.name) for each in examples for line in each.lines if line.verdict == verdict]


def _printing(changes: dict[tuple[str, str], str]) -> tuple[Judged, ...]:
    """The examples, had the lecture printed these values too, or in place of its own."""
    reported = [row for row in printed("backprop") if (row["example"], row["quantity"]) not in changes]
    reported += [{"example": example, "quantity": name, "printed": text} for (example, name), text in changes.items()]
    results: Results = compute("backprop")[0]
    return judge(results, settings("backprop"), reported, words.read("backprop").names)


def test_the_lectures_slip_and_what_inherits_it() -> None:
    examples = judged("backprop", compute("backprop")[0])
    assert _found(examples, "slip") == [("backward", "delta1[0]")]
    assert _found(examples, "inherited") == [("backward", "dW1[0, 0]"), ("backward", "dW1[0, 1]")]
    assert _lines(examples, "backward")["delta1[1]"].verdict == "rounded"
    assert metrics(examples) == {
        "largest_error_to_autograd": pytest.approx(0, abs=1e-15),
        "slips": 1,
        "inherited": 2,
    }


def test_the_worked_numbers() -> None:
    results, _ = compute("backprop")
    examples = judged("backprop", results)
    forward, backward, exercise = (_lines(examples, key) for key in ("forward", "backward", "exercise"))
    # 0.5 · 0.08 + 0.7 · 0.36 + 0.1
    assert forward["z2"].quantity.value == pytest.approx(0.392)
    assert "L" not in forward
    # -0.0282 · 0.5 · 0.542 (1 - 0.542): the lecture's own digits give -0.00350 where it prints -0.00341
    assert backward["delta1[0]"].step == pytest.approx(-0.0282 * 0.5 * 0.542 * 0.458, rel=1e-12)
    assert backward["delta1[0]"].quantity.value == pytest.approx(-0.00351, abs=5e-6)
    assert backward["dW1[0, 1]"].quantity.value == pytest.approx(-0.000702, abs=5e-7)
    assert backward["W2 after[0, 1]"].quantity.value == pytest.approx(0.60162, abs=1e-5)
    # the exercise: z1 = (0.1 · 0.2 - 0.2 · 0.1 - 0.1 · 0.5 + 0.1, 0.06 + 0.02 + 0.2 - 0.1) = (0.05, 0.18)
    # z2 = 0.5 · 0.05 - 0.3 · 0.18 + 0.2 = 0.171; s = 0.542646; delta2 = (s - 0.8) s (1 - s) = -0.063870
    values = {name: line.quantity.value for name, line in exercise.items()}
    assert [values[name] for name in ("z1[0]", "z1[1]", "z2", "a2")] == pytest.approx(
        [0.05, 0.18, 0.171, 0.542646], abs=5e-7
    )
    assert values["db2"] == pytest.approx(-0.063870, abs=5e-7)
    assert values["dW2[0, 1]"] == pytest.approx(-0.063870 * 0.18, abs=5e-7)
    assert [results.examples[key].parameters for key in ("forward", "backward", "exercise")] == [13, 9, 11]


@pytest.mark.parametrize(
    ("example", "name", "printed"),
    [
        ("forward", "z1[1]", "-0.36"),
        ("forward", "a2", "0.599"),
        ("backward", "z2", "0.718"),
        ("backward", "L", "0.0084"),
        ("backward", "delta2", "-0.0292"),
        ("backward", "dW2[0, 0]", "-0.0155"),
        ("backward", "W2 after[0, 1]", "0.60165"),
    ],
)
def test_an_altered_printed_value_is_a_slip(example: str, name: str, printed: str) -> None:
    examples = _printing({(example, name): printed})
    assert _lines(examples, example)[name].verdict == "slip"
    assert (example, name) in _found(examples, "slip")


def test_a_mended_slip_is_none() -> None:
    mended = {"delta1[0]": "-0.00350", "dW1[0, 0]": "-0.000350", "dW1[0, 1]": "-0.000700"}
    examples = _printing({("backward", name): text for name, text in mended.items()})
    assert (_found(examples, "slip"), metrics(examples)["inherited"]) == ([], 0)


def test_a_printed_value_of_nothing_is_told() -> None:
    with pytest.raises(UserError, match=r"reported\.csv: forward, z3 is no quantity; allowed: z1\[0\], .*a2"):
        _printing({("forward", "z3"): "1"})


@pytest.mark.parametrize("activation", ["identity", "tanh", "leaky_relu", "elu"])
def test_any_activation_and_depth_agree_with_autograd(activation: str) -> None:
    worked = {
        "x": [0.5, -1.5],
        "y": 0.3,
        "weights": [[[0.4, -0.6], [1.1, 0.2]], [[0.5, -0.9], [0.3, 0.8], [-0.7, 0.1]], [[1, 2, 3], [-1, 0.5, 0.2]]],
        "biases": [[0.1, -0.2], [0, 0.3, -0.4], [0.2, 0.1]],
        "activations": [activation, "sigmoid", activation],
    }
    results, _ = compute("backprop", examples={"deep": worked})
    assert metrics(judged("backprop", results, examples={"deep": worked}))["largest_error_to_autograd"] < 1e-14
    one, two = (quantities(settings("backprop", examples={"d": worked}).examples["d"], lr) for lr in (0, 1))
    np.testing.assert_allclose(one["W1 after"] - two["W1 after"], one["dW1"], rtol=1e-12)
    np.testing.assert_allclose(one["b3 after"] - two["b3 after"], one["db3"], rtol=1e-12)


@pytest.mark.parametrize("outputs", [1, 2])
def test_what_is_printed_exactly_is_computed_from_what_is_printed_before(outputs: int) -> None:
    """With all digits printed, the lecture's own arithmetic has to give every quantity again."""
    worked: dict[str, Any] = {
        "x": [0.5, -1.5],
        "y": 0.3,
        "weights": [[[0.4, -0.6], [1.1, 0.2], [0.3, 0.7]], [[0.5, -0.9, 0.2], [0.3, 0.8, -0.4]][:outputs]],
        "biases": [[0.1, -0.2, 0.05], [0.2, 0.1][:outputs]],
        "activations": ["tanh", "sigmoid"],
    }
    chosen, results = settings("backprop", examples={"two": worked}), compute("backprop", examples={"two": worked})[0]
    reported = [
        {"example": "two", "quantity": each.name, "printed": f"{each.value:.12f}"}
        for each in results.examples["two"].quantities
    ]
    (example,) = judge(results, chosen, reported, {})
    assert {line.verdict for line in example.lines} == {"agrees"}
    assert len(example.lines) == len(reported)


def test_the_settings_name_what_is_imported_by_name() -> None:
    assert settings("backprop").modules() == ("nnlabs.scratch.activations.relu", "nnlabs.scratch.activations.sigmoid")


def test_what_a_step_shows_and_does_to_the_loss() -> None:
    examples = {each.key: each for each in judged("backprop", compute("backprop")[0])}
    backward = examples["backward"]
    values = backward.values
    # 0.672 - 0.8, 0.672 (1 - 0.672), e^-0.392
    assert values["da2"] == pytest.approx(-0.1283, abs=5e-5)
    assert values["slope2"] == pytest.approx(0.2205, abs=5e-5)
    assert examples["forward"].values["exp2"] == pytest.approx(0.6757, abs=5e-5)
    assert backward.loss_after is not None
    assert backward.loss_after < values["L"]
    assert examples["forward"].loss_after is None
    assert "lowers the loss from 0.008231 to 0.008099." in change(backward)
    assert "raises the loss" in change(replace(backward, loss_after=0.01))
    assert "leaves the loss as it was" in change(replace(backward, loss_after=values["L"]))


def test_every_number_is_put_into_its_formula() -> None:
    (forward, backward, _) = judged("backprop", compute("backprop")[0])
    arithmetic = Arithmetic(backward.worked, 0.1, backward.values)
    assert arithmetic.of(place("z1[0]")) == r"0.1 \cdot 0.1 + 0.3 \cdot 0.2 + 0.1 = 0.01 + 0.06 + 0.1"
    assert arithmetic.of(place("a2")) == r"\frac{1}{1 + 0.4888}"
    assert arithmetic.of(place("delta1[0]")) == r"0.5 \cdot (-0.02829) \cdot 0.2482"
    assert arithmetic.of(place("W2 after[0, 0]")) == r"0.5 - 0.1 \cdot (-0.01535)"
    first = Arithmetic(forward.worked, 0.1, forward.values)
    second = r"-0.1 \cdot 0.5 + 0.3 \cdot (-0.3) - 0.2 = -0.05 - 0.09 - 0.2"
    assert first.of(place("z1[1]")) == second
    assert first.of(place("a1[1]")) == r"\max(0, -0.34)"


@pytest.mark.parametrize(
    ("value", "moved", "shown"), [(0.5015348, 0.00153, "0.50153"), (0.10003511, 3.5e-5, "0.1000351"), (0.5, 0, "0.5")]
)
def test_a_changed_value_shows_its_change(value: float, moved: float, shown: str) -> None:
    assert changed(value, moved) == shown


def test_the_page_tells_of_the_slip(pages: Pages) -> None:
    page = pages.write("backprop")
    said = answer(page)
    assert "Of 27 values that the notebook *Week 6: Artificial neural networks* prints 1 is a slip: " in said
    assert r"$\delta_{1}^{(1)}$ = −0.00341 should be −0.00351, which 2 more inherit." in said
    assert "## 2-2-1 (sigmoid everywhere)" in page
    assert r"$\delta_{1}^{(1)}$ is printed as −0.00341" in page
    assert "−0.00341, **a slip** |" in page
    assert not re.search(r"\$[^$\n]*\\[\\,;{}|][^$\n]*\$", page)  # Markdown would eat the backslash


def test_without_a_slip_none_is_told(pages: Pages) -> None:
    mended = {"delta1[0]": "-0.00350", "dW1[0, 0]": "-0.000350", "dW1[0, 1]": "-0.000700"}
    examples = _printing({("backward", name): text for name, text in mended.items()})
    assert "None of 27 values that the notebook" in " ".join(said(examples).sentences)
    bare = judge(compute("backprop")[0], settings("backprop"), [], {})
    assert "notebook" not in " ".join(said(bare).sentences)
