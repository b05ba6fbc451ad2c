"""An interval of a difference on the same images."""

from math import sqrt
from typing import Any

import numpy as np

from nnlabs.exercises.checks import expect, expect_that, part, rng
from nnlabs.exercises.paired_interval.solution import paired_interval

ASKED = {"nnlabs.exercises.paired_interval.solution": ("paired_interval",)}
OURS, THEIRS = np.array([1, 1, 1, 0, 1, 0, 1, 1.0]), np.array([1, 0, 1, 0, 0, 1, 1, 1.0])
Z = 1.959963984540054
"""Below it lies 97.5 % of a normal distribution."""


@part(2, "the difference: ours less theirs")
def difference(student: Any) -> None:
    found, _ = student.paired_interval(OURS, THEIRS)
    expect("the difference of 6 and 5 right of 8", found, 1 / 8)
    found, _ = student.paired_interval(THEIRS, OURS)
    expect("the difference, told of the other", found, -1 / 8)


@part(2, "the half width, by hand")
def half_width(student: Any) -> None:
    # of the differences 0, 1, 0, 0, 1, -1, 0, 0 the mean square is 3/8 and the mean 1/8
    _, found = student.paired_interval(OURS, THEIRS)
    expect("the half width of 8 images", found, Z * sqrt(3 / 8 - 1 / 64) / sqrt(8))


@part(1, "two networks that are right on the same images differ by nothing, surely")
def paired(student: Any) -> None:
    expect("difference and half width of a network with itself", student.paired_interval(OURS, OURS), [0, 0])


@part(1, "another level")
def level(student: Any) -> None:
    _, found = student.paired_interval(OURS, THEIRS, 0.99)
    expect("the half width at 99 %", found, 2.5758293035489004 / Z * paired_interval(OURS, THEIRS)[1])


@part(1, "truth values, of which NumPy knows no difference")
def truth(student: Any) -> None:
    found, half = student.paired_interval(OURS > 0, THEIRS > 0)
    expect_that(
        "difference and half width",
        isinstance(found, float) and isinstance(half, float),
        (found, half),
        "two plain floats",
    )
    expect("difference and half width of truth values", (found, half), paired_interval(OURS, THEIRS))


@part(1, "four times the images, half the width")
def larger(student: Any) -> None:
    _, small = student.paired_interval(OURS, THEIRS)
    _, large = student.paired_interval(np.tile(OURS, 4), np.tile(THEIRS, 4))
    expect("the half width of 32 images over that of 8", large / small, 0.5)


@part(2, "of 400 intervals about 95 % hold the true difference")
def holds(student: Any) -> None:
    draw, held = rng(0), 0
    for _ in range(400):
        hard = draw.random(300)  # how hard an image is, for both alike
        ours, theirs = draw.random(300) > hard**2, draw.random(300) > hard
        found, half = student.paired_interval(ours, theirs)
        held += abs(found - (2 / 3 - 1 / 2)) <= half
    # of 400 the share has a standard deviation of 1.1 points
    expect_that("how many hold it", 364 <= held <= 396, held, "364 to 396")
