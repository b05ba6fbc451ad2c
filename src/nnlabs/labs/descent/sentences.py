"""What the page of `descent` says, each sentence under a condition on the numbers."""

from math import log, sqrt

import numpy as np

from nnlabs.labs.descent.figures import NAMES
from nnlabs.labs.descent.results import Ended, Results, Walk
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.seeds import number
from nnlabs.reporting.sentences import counted, listed
from nnlabs.scratch.arrays import Array

ENDED: dict[Ended, str] = {
    "arrived": "arrived",
    "stopped": "stopped elsewhere",
    "limit": "step limit",
    "diverged": "diverged",
}
FIRST = 12
"""Steps that the figure of the first steps shows."""
NEAR = 1.25
"""Within such a factor, what was measured is said to be what theory expects."""
LIMIT = (
    "These are functions of one or two variables whose gradient is exact; the gradient of a batch of data is noisy, "
    "and there other rates are best."
)


def answer(results: Results) -> Answer:
    sentences = (_on_the_line(results), in_bowls(results), _others(results), LIMIT)
    return Answer(tuple(each for each in sentences if each), "rates.svg", _message(results))


def expected(results: Results, momentum: float) -> float:
    """Steps until L changes by less than the tolerance, were each step to multiply L - L* by μ.

    Near a minimum the error of x is multiplied by √μ, so L - L* by μ, whatever the rate; a step changes L by 1 - μ
    of it.
    """
    return max(log((1 - momentum) * results.start_gap / results.tolerance), 0.0) / -log(momentum)


def best(results: Results, function: str = "line") -> dict[str, Walk]:
    return {walk.name: walk for walk in results.functions[function].best}


def _on_the_line(results: Results) -> str:
    found, rates = best(results), len(results.functions["line"].tried["sgd"])
    plain, momentum = found["sgd"], found["momentum"]
    if lost := [each for each in (plain, momentum) if each.ended != "arrived"]:
        names = listed([f"{NAMES[walk.name]} ({ENDED[walk.ended]})" for walk in lost])
        return f"At none of {counted(rates, 'learning rate')} did these reach the minimum: {names}."
    said = (
        f"On a function of one variable plain gradient descent reaches the minimum in {counted(plain.steps, 'step')} "
        f"at the best of {counted(rates, 'learning rate')}, momentum (μ = {results.momentum:g}) in {momentum.steps:,}"
    )
    if plain.steps < momentum.steps:
        factor = f"√{results.momentum:g} = {sqrt(results.momentum):.3g}"
        return f"{said}: whatever the rate, momentum's error is multiplied by {factor} a step at best."
    return said + "."


def in_bowls(results: Results) -> str:
    if not results.bowls:
        return ""
    bowl = results.bowls[-1]
    where = f"where one direction is {bowl.condition:,g} times as steep as the other"
    if bowl.descent and bowl.momentum and bowl.momentum < bowl.descent:
        return (
            f"Momentum pays in long bowls: {where}, it needs {counted(bowl.momentum, 'step')} and gradient descent "
            f"{bowl.descent:,}."
        )
    told = {"gradient descent": bowl.descent, "momentum": bowl.momentum}
    counts = listed([f"{name} {steps(each)}" for name, each in told.items()])
    return f"In the longest of the bowls, {where}, the steps are: {counts}."


def steps(count: int | None) -> str:
    return "did not arrive" if count is None else f"{count:,}"


def _others(results: Results) -> str:
    found = best(results)
    arrived = [found[name] for name in ("newton", "nesterov", "adamax", "adam") if found[name].ended == "arrived"]
    if not arrived:
        return ""
    told = [f"{NAMES[walk.name]} {walk.steps:,}" for walk in sorted(arrived, key=lambda walk: walk.steps)]
    return f"Steps of the others on the first function, at the best rate of each that has one: {listed(told)}."


def _message(results: Results) -> str:
    plain = best(results)["sgd"]
    if plain.ended != "arrived":
        return flat(results)
    return f"Gradient descent takes its fewest steps, {plain.steps:,}, at a rate of {plain.lr:g}. {flat(results)}"


def flat(results: Results) -> str:
    """What momentum's steps did over the rates with which it arrived."""
    arrived = [each for each in results.functions["line"].tried["momentum"] if each.ended == "arrived"]
    if not arrived:
        return "Momentum arrived at none of the rates tried."
    low, high = min(each.steps for each in arrived), max(each.steps for each in arrived)
    return f"Momentum takes {low:,} to {high:,} steps at rates from {arrived[0].lr:g} to {arrived[-1].lr:g}."


def as_expected(results: Results, *names: str) -> bool:
    """Whether these methods took about as many steps on L as momentum does by theory."""
    wanted, found = expected(results, results.momentum), best(results)
    return all(wanted / NEAR <= found[name].steps <= wanted * NEAR for name in names)


def messages(results: Results, arrays: dict[str, Array]) -> dict[str, str]:
    """What each figure of the body shows, for those who do not see it."""
    return {
        "steps": _beyond(arrays),
        "convergence": "Steps to the minimum: "
        + listed([f"{NAMES[walk.name]} {walk.steps:,} ({ENDED[walk.ended]})" for walk in best(results).values()])
        + ".",
        "regimes": "; ".join(f"at {walk.lr:g}: {walk.steps:,} steps, {ENDED[walk.ended]}" for walk in results.regimes)
        + ".",
        "bowls": in_bowls(results),
        **{
            name: "Steps on the way: "
            + listed([f"{NAMES[walk.name]} {walk.steps:,} ({ENDED[walk.ended]})" for walk in walks.best])
            + "."
            for name, walks in results.functions.items()
        },
    }


def _beyond(arrays: dict[str, Array]) -> str:
    """How far beyond the minimum, x = 0, the first steps of three methods carry them."""
    far = {name: overshoot(arrays[f"line.{name}.path"][: FIRST + 1, 0]) for name in ("sgd", "momentum", "nesterov")}
    told = [
        f"{NAMES[name]} {f'gets as far as x = {number(x)}' if x is not None else 'does not cross it'}"
        for name, x in far.items()
    ]
    return f"Beyond the minimum, in the first {FIRST} steps: {listed(told)}."


def overshoot(x: Array) -> float | None:
    """The place farthest from 0 on the side where the path did not start; None where it stays on its own."""
    other = x[x * x[0] < 0]
    return float(other[np.abs(other).argmax()]) if len(other) else None


def thrown_out(results: Results) -> float | None:
    """The lowest of the rates tried from which on momentum arrives no more; None where it does at the largest."""
    tried = sorted(results.functions["line"].tried["momentum"], key=lambda each: each.lr)
    lost: float | None = None
    for each in reversed(tried):
        if each.ended == "arrived":
            break
        lost = each.lr
    return lost
