"""What the parts of an exercise are made of: expectations that say what was found, and what to compare with."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlabs.core.errors import shortened
from nnlabs.scratch.arrays import Array, shape

SMALL = 16
"""Numbers of an array that is shown whole; of a larger one the first that is wrong is."""
WITHIN = 1e-9
"""How far two ways to compute the same in float64 may be apart, relative and absolute."""
NUMERICAL = 1e-6
"""The same for a central difference, whose own error is about 1e-10 where values are about 1."""

Check = Callable[[Any], None]


@dataclass(frozen=True)
class Part:
    """Something that is graded by itself: points where the check passes, none where it raises."""

    title: str
    points: int
    check: Check


class MismatchError(Exception):
    """What was found is not what was expected: what it is, and both, as texts."""

    def __init__(self, what: str, found: str, expected: str) -> None:
        super().__init__(f"{what}: {found} found, {expected} expected")
        self.what, self.found, self.expected = what, found, expected


def part(points: int, title: str) -> Callable[[Check], Part]:
    """Make a part of a function of the student's module that raises where something is wrong."""
    return lambda check: Part(title, points, check)


def expect(what: str, found: Any, expected: Any, within: float = WITHIN) -> None:
    """`found` has the shape of `expected` and its numbers.

    Raises
    ------
    MismatchError
        With the first number that is wrong, or all of few.
    """
    wanted = np.asarray(expected)
    got = _numbers(what, found, wanted)
    if got.shape != wanted.shape:
        raise MismatchError(f"the shape of {what}", shape(got.shape), shape(wanted.shape))
    right = np.isclose(got, wanted, rtol=within, atol=within, equal_nan=True)
    if right.all():
        return
    if wanted.size <= SMALL:
        raise MismatchError(what, _shown(got), _shown(wanted))
    first = tuple(int(each) for each in np.argwhere(~right)[0])
    place = f"{what}[{', '.join(map(str, first))}]"
    raise MismatchError(place, _shown(got[first]), _shown(wanted[first]))


def expect_shape(what: str, found: Any, *sizes: int) -> None:
    got = _numbers(what, found, np.empty(sizes))
    if got.shape != sizes:
        raise MismatchError(f"the shape of {what}", shape(got.shape), shape(sizes))


def expect_that(what: str, true: bool, found: object, expected: str) -> None:
    """For what is no comparison of numbers."""
    if not true:
        raise MismatchError(what, shortened(str(found)), expected)


def expect_dtype(what: str, found: Any, dtype: str) -> None:
    got = _numbers(what, found, np.empty(0))
    expect_that(f"the type of {what}", got.dtype == dtype, got.dtype, dtype)


def expect_faster(what: str, student: Callable[[], object], loop: Callable[[], object], times: float) -> None:
    """The student's way takes at most 1 / `times` of the plain loop's time, best of up to nine against one."""
    slow, fast = _seconds(loop), math.inf
    for _ in range(9):  # a machine with other work to do is slow now and then
        fast = min(fast, _seconds(student))
        if fast * times <= slow:
            break
    else:
        raise MismatchError(
            f"the time of {what}",
            f"{1e3 * fast:.1f} ms",
            f"at most {1e3 * slow / times:.1f} ms (a plain loop: {1e3 * slow:.0f})",
        )


def numerical_gradient(function: Callable[[Array], Any], x: Array, h: float = 1e-5) -> Array:
    """(L(x + h) - L(x - h)) / 2h for each number of x, by which L may be of any shape that x may be."""
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        gradient[i] = (float(function(up)) - float(function(down))) / (2 * h)
    return gradient


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def _seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def _numbers(what: str, found: Any, wanted: Array) -> Array:
    if isinstance(found, bool | int | float | list | tuple | np.ndarray | np.generic):
        try:
            got = np.asarray(found)
        except ValueError:  # lists of several lengths
            got = np.empty(0, object)
        if got.dtype.kind in "biuf":
            return got
    needed = f"numbers, {shape(wanted.shape)}" if wanted.ndim else "a number"
    raise MismatchError(what, "nothing (None)" if found is None else shortened(repr(found)), needed)


def _shown(value: Any) -> str:
    return np.array2string(np.asarray(value), precision=6, suppress_small=False, separator=", ").replace(
        "\n", "\n" + " " * 11
    )
