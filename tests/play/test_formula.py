"""A function that is typed in: read by rules of its own, and differentiated."""

import math

import numpy as np
import pytest

from play.javascript import evaluate

FUNCTIONS = {
    "x^4 - 3x^2 + x": lambda x, y: x**4 - 3 * x**2 + x,
    "3x² − sin(x) + e^x − 5": lambda x, y: 3 * x**2 - np.sin(x) + np.exp(x) - 5,
    "-x^2": lambda x, y: -(x**2),
    "2^3^0.5 x": lambda x, y: 2 ** (3**0.5) * x,
    "(1-x)^2 + 100(y-x^2)^2": lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
    "x y / (1 + x**2) - .5e-1 tanh(x y)": lambda x, y: x * y / (1 + x**2) - 0.05 * np.tanh(x * y),
    "sqrt(x^2 + 1) cos(2 pi y) + log(3 + x)": lambda x, y: np.sqrt(x**2 + 1) * np.cos(2 * np.pi * y) + np.log(3 + x),
    "(2 + x^2)^y - exp(-x^2)": lambda x, y: (2 + x**2) ** y - np.exp(-(x**2)),
    "abs(x) + tan(x/4)": lambda x, y: np.abs(x) + np.tan(x / 4),
}  # fmt: skip
POINTS = [(0.3, -0.7), (-1.2, 0.4), (1.5, 2.0)]


def test_values_slopes_and_bends() -> None:
    body = """
      return given.texts.map((text) => {
        const f = core_formula.compile(text);
        return given.points.map((at) => [f.value(at), f.gradient(at), f.hessian(at)]);
      });"""
    found = evaluate(body, {"texts": list(FUNCTIONS), "points": POINTS})
    h = 1e-5
    for (text, function), rows in zip(FUNCTIONS.items(), found, strict=True):
        for (x, y), (value, slopes, bends) in zip(POINTS, rows, strict=True):
            assert value == pytest.approx(function(x, y), rel=1e-12, abs=1e-12), text
            steps = [(h, 0.0), (0.0, h)][: len(slopes)]
            for slope, (a, b) in zip(slopes, steps, strict=True):
                assert slope == pytest.approx(
                    (function(x + a, y + b) - function(x - a, y - b)) / (2 * h), rel=1e-6, abs=1e-6
                )
            assert len(bends) == len(slopes)
            assert np.allclose(bends, np.transpose(bends), rtol=1e-9, atol=1e-9), text
            second = (function(x + 1e-4, y) - 2 * function(x, y) + function(x - 1e-4, y)) / 1e-8
            assert bends[0][0] == pytest.approx(second, rel=1e-4, abs=1e-4), text


def test_a_derivative_is_shown_as_people_write_it() -> None:
    body = "return given.map((text) => core_formula.compile(text).slopes);"
    assert evaluate(body, ["x^4 - 3x^2 + x", "sin(x) y"]) == [["4·x^3 − 6·x + 1"], ["cos(x)·y", "sin(x)"]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "type a function"),
        ("x +", "missing at the end"),
        ("(x", "closing bracket"),
        ("x)", "not opened"),
        ("foo(x)", "“foo” is not known"),
        ("sin x", "needs a bracket"),
        ("x $ 2", "“$” is not understood"),
        ("* x", "missing before “*”"),
        ("alert(1)", "“alert” is not known"),
        ("constructor", "“constructor” is not known"),
        ("x" * 201, "at most 200"),
    ],
)
def test_what_is_no_function_is_told_in_words(text: str, told: str) -> None:
    body = """
      try { core_formula.compile(given); return "read"; }
      catch (error) { return error instanceof core_formula.FormulaError ? error.message : `${error}`; }"""
    assert told in evaluate(body, text)


def test_a_function_without_a_value_is_no_number() -> None:
    assert evaluate("return core_formula.compile('log(x)').value([-1]);") is None  # NaN, in JSON
    assert math.isfinite(evaluate("return core_formula.compile('log(x)').value([2]);"))
