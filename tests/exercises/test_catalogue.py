"""Each exercise: its task in words, its student's file and its solution, from one source."""

import ast
import re
from pathlib import Path

import pytest

from nnlabs.core.errors import UserError
from nnlabs.exercises import catalogue
from nnlabs.exercises.catalogue import NAMES, exercise
from nnlabs.exercises.source import BODY
from rendering import forge

BACKSLASH = re.compile(r"\\[!-/:-@\[-`{-~]")
REFUSED = "raise NotImplementedError"


def signatures(text: str) -> dict[str, tuple[str, str | None]]:
    """Arguments and docstring of every function and method."""
    functions = [each for each in ast.walk(ast.parse(text)) if isinstance(each, ast.FunctionDef)]
    return {
        f"{each.name} {ast.unparse(each.args)}": (ast.unparse(each.args), ast.get_docstring(each)) for each in functions
    }


def test_every_folder_is_an_exercise() -> None:
    folders = {path.parent.name for path in catalogue.FOLDER.glob("*/task.md")}
    assert folders == set(NAMES) and len(NAMES) == len(set(NAMES)) == 20


@pytest.mark.parametrize("name", NAMES)
def test_the_task_has_a_formula_and_three_hints(name: str) -> None:
    chosen = exercise(name)
    assert len(chosen.hints) == 3 and all(chosen.hints)
    assert chosen.title and "```math" in chosen.task and "Hint" not in chosen.task


@pytest.mark.parametrize("name", NAMES)
def test_markdown_leaves_the_formulas_of_a_task_alone(name: str) -> None:
    text = (catalogue.FOLDER / name / "task.md").read_text(encoding="utf-8")
    inline = [each for each in forge.formulas(text) if BACKSLASH.search(each)]
    assert not inline and not list(forge.changed(text))


@pytest.mark.parametrize("name", NAMES)
def test_the_stub_is_the_solution_without_its_bodies(name: str) -> None:
    chosen = exercise(name)
    asked = [each for names in chosen.asked.values() for each in names]
    assert chosen.stub.count(BODY) == len(asked) and BODY not in chosen.solution
    assert signatures(chosen.stub) == signatures(chosen.solution)
    shorter = len(chosen.solution.splitlines()) - len(chosen.stub.splitlines())
    assert shorter >= 0 and chosen.stub != chosen.solution


@pytest.mark.parametrize("name", NAMES)
def test_parts_have_names_of_their_own_and_points(name: str) -> None:
    parts = exercise(name).parts
    assert len({each.title for each in parts}) == len(parts) >= 6
    assert all(1 <= each.points <= 2 for each in parts)


def test_the_solution_is_the_projects_own_text() -> None:
    source = Path("src/nnlabs/scratch/layers.py").read_text(encoding="utf-8")
    begin = source.index("class Linear(Layer)")
    assert source[begin : source.index("\n\n\nclass Activate")] in exercise("linear").solution


def test_a_name_that_there_is_not_is_told_in_one_line() -> None:
    with pytest.raises(
        UserError, match=r"NAME=convolutoin: no such exercise; did you mean convolution\? allowed: grad"
    ):
        exercise("convolutoin")
