"""Empty bodies get nothing, the project's own code everything, and a typical mistake loses the parts that it spoils."""

from pathlib import Path

import pytest
import yaml
from desk import graded

from nnlabs.exercises.catalogue import NAMES, exercise

MISTAKES = yaml.safe_load(Path(__file__).with_name("mistakes.yaml").read_text(encoding="utf-8"))
CASES = [(name, mistake) for name, mistakes in MISTAKES.items() for mistake in mistakes]


@pytest.mark.parametrize("name", NAMES)
def test_a_stub_gets_nothing(name: str) -> None:
    result = graded(exercise(name), exercise(name).stub)
    assert result.points == 0 and result.of == exercise(name).points
    assert {each.problem for each in result.outcomes} == {("not written yet",)}


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_gets_all_points(name: str) -> None:
    result = graded(exercise(name), exercise(name).solution)
    assert result.failed is None and result.points == result.of, result.failed


def changed(text: str, was: str, now: str) -> str:
    assert text.count(was) == 1
    return text.replace(was, now)


@pytest.mark.parametrize(("name", "mistake"), CASES, ids=[f"{name}: {mistake['mistake']}" for name, mistake in CASES])
def test_a_mistake_gets_part_of_the_points_and_names_the_part(name: str, mistake: dict[str, str]) -> None:
    chosen = exercise(name)
    text = changed(chosen.solution, mistake["was"], mistake["is"])
    if "and was" in mistake:
        text = changed(text, mistake["and was"], mistake["and is"])
    result = graded(chosen, text)
    assert 0 < result.points < result.of, result
    assert result.failed and result.failed.title == mistake["found by"]
    assert result.failed.problem


def test_every_exercise_has_five_mistakes_or_more() -> None:
    assert MISTAKES.keys() == set(NAMES) and min(map(len, MISTAKES.values())) >= 5


def test_what_is_wrong_is_shown_small() -> None:
    chosen = exercise("linear")
    text = chosen.solution.replace("dy.sum(axis=0)", "np.zeros(self.outputs)")
    (problem,) = [each.problem for each in graded(chosen, text).outcomes if each.title == "the bias's gradient"]
    assert problem == ('gradients["bias"]', "found     [0., 0., 0.]", "expected  [ 1.5, -1. ,  2. ]")


def test_an_error_of_the_students_names_its_line() -> None:
    chosen = exercise("relabel")
    text = chosen.solution.replace("kept = new >= 0", "kept = new >= nothing")
    line = text[: text.index("nothing")].count("\n") + 1
    failed = graded(chosen, text).failed
    assert failed and failed.problem == (f"line {line}: NameError: name 'nothing' is not defined",)


@pytest.mark.parametrize(
    ("returned", "problem"),
    [
        ("None", "found     nothing (None)"),
        ("'text'", "found     'text'"),
        ("lambda: 1", "found     an object of the class function"),
        ("np.zeros(3)", "found     3"),
        ("[[1], [1, 2]]", "found     [[1], [1, 2]]"),
        ("np.full(7, 1j)", "found     an object of the class ndarray"),
    ],
)
def test_what_is_no_array_of_numbers_is_said(returned: str, problem: str) -> None:
    """A value of any kind costs its part and no more."""
    chosen = exercise("sigmoid")
    text = f"import numpy as np\ndef sigmoid(z):\n    return {returned}\ndef sigmoid_derivative(z):\n    return z\n"
    failed = graded(chosen, text).failed
    assert failed and any(problem in line for line in failed.problem), failed.problem
