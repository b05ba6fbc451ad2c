"""The source's own arithmetic: what it prints, held against what it was computed from, as it rounds between steps."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nnlabs.core.errors import UserError
from nnlabs.labs.backprop.results import Place, Quantity, indexed, place
from nnlabs.labs.backprop.settings import Worked
from nnlabs.labs.common.printed import agrees
from nnlabs.scratch.activations import activation
from nnlabs.scratch.arrays import Array

REPORTED = "src/nnlabs/labs/backprop/reported.csv"

Verdict = Literal["", "agrees", "rounded", "slip", "inherited"]


@dataclass(frozen=True)
class Line:
    """A quantity and what the source prints of it."""

    quantity: Quantity
    printed: str | None
    step: float | None
    """What it is computed from the values that are printed before it; None where nothing is printed of it."""
    verdict: Verdict


def of_example(key: str, reported: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What the source prints of one example, by the quantities' names."""
    return {row["quantity"]: row["printed"] for row in reported if row["example"] == key}


def judged(key: str, worked: Worked, lr: float, exact: Sequence[Quantity], printed: Mapping[str, str]) -> list[Line]:
    """Each quantity of an example with what is to be said of the printed value.

    Raises
    ------
    UserError
        Where something is printed that is no quantity of the example.
    """
    values = {each.name: each.value for each in exact}
    if unknown := [name for name in printed if name not in values]:
        raise UserError(f"{REPORTED}: {key}, {unknown[0]} is no quantity; allowed: {', '.join(values)}")
    source = _Source(worked, lr, values, printed)
    lines, slipped = [], set[str]()
    for each in exact:
        text = printed.get(each.name)
        step = None if text is None else source.again(place(each.name))
        verdict = _verdict(each, text, step, slipped)
        if verdict in ("slip", "inherited"):
            slipped.add(each.name)
        lines.append(Line(each, text, step, verdict))
    return lines


@dataclass(frozen=True)
class _Source:
    """An example as the source computes it; where something that it needs is not printed, the exact value serves."""

    worked: Worked
    lr: float
    exact: Mapping[str, float]
    printed: Mapping[str, str]

    def again(self, at: Place) -> float:
        """A quantity, computed from what is printed before it."""
        row = at.index[0] if at.index else 0
        if at.after:
            return self._after_the_step(at)
        if at.kind == "z":
            weights = self.worked.weights[at.layer - 1][row]
            products = (float(weight) * self._input(at.layer, i) for i, weight in enumerate(weights))
            return math.fsum(products) + self.worked.biases[at.layer - 1][row]
        if at.kind == "a":
            return self._applied(activation(self.worked.activations[at.layer - 1]).function, f"z{at.layer}", at.index)
        if at.kind == "exp":
            return math.exp(-self._known(f"z{at.layer}", at.index))
        if at.kind == "da":
            return self._known(f"a{at.layer}", at.index) - self._target
        if at.kind == "slope":
            return self._slope(at.layer, row)
        if at.kind == "L":
            last, outputs = len(self.worked.weights), range(len(self.worked.weights[-1]))
            return math.fsum((self._known(f"a{last}", (i,)) - self._target) ** 2 for i in outputs) / 2
        if at.kind == "delta":
            return self._delta(at, row)
        delta = self._known(f"delta{at.layer}", (row,))
        # with one output and one input the only gradient of the weights has no index
        return delta * self._input(at.layer, at.index[1] if at.index else 0) if at.kind == "dW" else delta

    def _after_the_step(self, at: Place) -> float:
        parts = self.worked.weights if at.kind == "W" else self.worked.biases
        start = np.array(parts[at.layer - 1])
        gradient = self._known(f"d{at.kind}{at.layer}", at.index)
        return float(start[at.index or (0,) * start.ndim]) - self.lr * gradient

    def _delta(self, at: Place, row: int) -> float:
        last = len(self.worked.weights)
        if at.layer == last:
            return self._known(f"da{last}", at.index) * self._known_slope(last, row)
        following = self.worked.weights[at.layer]
        back = math.fsum(
            float(weights[row]) * self._known(f"delta{at.layer + 1}", (k,)) for k, weights in enumerate(following)
        )
        return back * self._known_slope(at.layer, row)

    def _known_slope(self, layer: int, i: int) -> float:
        """f'(z) as it is printed, else as it is computed from what is."""
        names = (indexed(f"slope{layer}", (i,)), f"slope{layer}")
        printed = [self.printed[name] for name in names if name in self.printed]
        return float(printed[0]) if printed else self._slope(layer, i)

    def _slope(self, layer: int, i: int) -> float:
        """f'(z) as the source computes it: for a sigmoid from its rounded output, a (1 - a)."""
        name = self.worked.activations[layer - 1]
        if name == "sigmoid":
            a = self._known(f"a{layer}", (i,))
            return a * (1 - a)
        return self._applied(activation(name).derivative, f"z{layer}", (i,))

    def _applied(self, function: Callable[[Array], Array], name: str, index: tuple[int, ...]) -> float:
        return float(function(np.array([self._known(name, index)]))[0])

    def _input(self, layer: int, i: int) -> float:
        """The input i of the layer: x, or what the layer before gave."""
        return float(self.worked.x[i]) if layer == 1 else self._known(f"a{layer - 1}", (i,))

    def _known(self, name: str, index: tuple[int, ...] = ()) -> float:
        """A value as it is printed; one that is alone in its layer has no index."""
        told = indexed(name, index)
        if told not in self.exact:
            told = name
        return float(self.printed.get(told, self.exact[told]))

    @property
    def _target(self) -> float:
        assert self.worked.y is not None
        return self.worked.y


def _verdict(exact: Quantity, printed: str | None, step: float | None, slipped: set[str]) -> Verdict:
    """What is to be said of a printed value; one unit of its last digit may be lost by rounding between steps."""
    if printed is None:
        return ""
    assert step is not None
    if not agrees(step, printed):
        return "slip"
    if any(_needs(exact.name, other) for other in slipped) and not agrees(exact.value, printed):
        return "inherited"
    return "agrees" if agrees(exact.value, printed) else "rounded"


def _needs(key: str, other: str) -> bool:
    """Whether a gradient of the weights is computed from that delta: dW1[0, 1] from delta1[0]."""
    if not other.startswith("delta"):
        return False
    row = other.removeprefix("delta").replace("]", ",")  # 1[0,
    return key.startswith((f"dW{row}", f"W{row.replace('[', ' after[')}"))
