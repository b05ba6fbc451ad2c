"""Gradient descent with its stop rule."""

from pathlib import Path
from typing import Any

import numpy as np

from nnlabs.exercises.checks import expect, expect_shape, expect_that, part
from nnlabs.scratch.descent import LECTURE, minimise, quadratic
from nnlabs.scratch.optimizers import SGD

ASKED = {"nnlabs.scratch.descent": ("minimise",)}
DESCENT, OPTIMIZERS = "nnlabs.scratch.descent", "nnlabs.scratch.optimizers"


def _walk(student: Any, lr: float, tolerance: float, iterations: int, start: float = 1.5) -> Any:
    function, method = student.library(DESCENT).LECTURE, student.library(OPTIMIZERS).SGD(lr)
    return student.minimise(function, np.array([start]), method, tolerance, iterations)


@part(1, "a walk begins at the start, and has a place and a height for each step")
def begins(student: Any) -> None:
    walk = _walk(student, 0.1, 0.0, 4)
    path, values = walk.path, walk.values
    expect_that("path", np.ndim(path) == 2 and len(path) > 0, path, "an array, (k + 1) x d")
    expect("path[0]", path[0], [1.5])
    expect("values[0]", values[0], LECTURE.value(np.array([1.5])))
    expect_shape("values", values, len(path))


@part(2, "three steps, by hand")
def worked(student: Any) -> None:
    walk = _walk(student, 0.1, 0.0, 3)
    path = [1.5]
    for _ in range(3):
        x = path[-1]
        path.append(x - 0.1 * (6 * x - np.cos(x) + np.exp(x)))
    expect("path, of L(x) = 3x² - sin x + eˣ - 5 from 1.5 with rate 0.1", walk.path, np.array(path)[:, None])
    expect("values", walk.values, [LECTURE.value(np.array([each])) for each in path])


@part(2, "the stop rule: the first change of L below the tolerance, up or down, is the last step")
def stops(student: Any) -> None:
    for lr in (0.1, 0.25):  # at the second it jumps from side to side
        walk, wanted = _walk(student, lr, 1e-6, 1000), minimise(LECTURE, np.array([1.5]), SGD(lr), 1e-6, 1000)
        expect_that(f"ended, with rate {lr}", walk.ended == "converged", walk.ended, "converged")
        expect(f"the number of steps with rate {lr}", len(walk.values) - 1, wanted.steps)


@part(1, "at most so many iterations")
def limited(student: Any) -> None:
    walk = _walk(student, 0.01, 0.0, 5)
    expect("the number of values after 5 steps", len(walk.values), 6)
    expect_that("ended", walk.ended == "limit", walk.ended, "limit")


@part(1, "a walk that diverges says so, and its last steps are numbers")
def diverges(student: Any) -> None:
    walk = _walk(student, 0.4, 1e-12, 1000)
    expect_that("ended, with rate 0.4", walk.ended == "diverged", walk.ended, "diverged")
    largest = np.max(walk.values)
    expect_that("the largest value that is kept", largest <= 1e8, largest, "at most the ceiling, 1e8")


@part(1, "several variables, and the start stays as it was")
def several(student: Any) -> None:
    start, bowl = np.array([-9.0, 1.5]), quadratic(10)
    walk = student.minimise(student.library(DESCENT).quadratic(10), start, student.library(OPTIMIZERS).SGD(0.1), 0.0, 3)
    expect("path on a bowl", walk.path, minimise(bowl, start.copy(), SGD(0.1), 0.0, 3).path)
    expect("start, afterwards", start, [-9.0, 1.5])


@part(1, "a gradient that is given takes the place of the function's own")
def replaced(student: Any) -> None:
    start, library = np.array([1.0, 1.0]), student.library(DESCENT)
    method, other = student.library(OPTIMIZERS).SGD(0.1), library.quadratic(3).gradient
    walk = student.minimise(library.LECTURE, start, method, 0.0, 2, gradient=other)
    expect("path with gradient = (x, 3y)", walk.path, [[1, 1], [0.9, 0.7], [0.81, 0.49]])


def figure(student: Any, folder: Path) -> list[Path]:
    """The paths of six methods down the bowl of the lab's page."""
    from nnlabs.labs.descent import figures as drawn
    from nnlabs.labs.descent.results import Walk
    from nnlabs.reporting import figures

    start, condition = np.array([-9.0, 1.5]), 50.0
    rates = {"sgd": 0.035, "momentum": 0.02, "nesterov": 0.02, "adam": 0.5, "adamax": 0.5}
    library = student.library(DESCENT)
    function, optimizers = library.quadratic(condition), student.library(OPTIMIZERS).OPTIMIZERS
    methods = {name: (lr, optimizers[name](lr)) for name, lr in rates.items()} | {
        "newton": (None, library.Newton(function))
    }
    walks, arrays = [], {}
    for name, (lr, method) in methods.items():
        walk = student.minimise(function, start, method, 1e-14, 2000)
        arrays[f"quadratic.{name}.path"] = walk.path
        walks.append(Walk(name, lr, walk.path[-1].tolist(), float(walk.values[-1]), len(walk.values) - 1, "arrived"))
    figures.save(drawn.paths("quadratic", quadratic(condition), walks, arrays), folder / "paths.svg", __name__)
    return [folder / "paths.svg"]
