"""Each quantity as it is worked by hand: its formula with the numbers put in, in LaTeX."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nnlabs.labs.backprop.results import Place, indexed
from nnlabs.labs.backprop.settings import Worked

NAMES = {"relu": "ReLU", "leaky_relu": "leakyReLU", "elu": "ELU", "identity": "id"}
"""Of functions that LaTeX has no command for."""


def four(value: float) -> str:
    """Four digits, and a power of ten where the number is far from 1."""
    text = f"{value or 0.0:.4g}"  # no -0
    mantissa, e, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else text


def changed(value: float, change: float) -> str:
    """As many decimals as show three digits of what it changed by."""
    if change == 0:
        return four(value)
    return f"{value:.{max(3, 2 - math.floor(math.log10(abs(change))))}f}"


def symbol(at: Place) -> str:
    """`dW1[0, 1]` as \\partial L / \\partial W^{(1)}_{1,2}: counted from 1, as in mathematics."""
    layer = f"^{{({at.layer})}}" if at.layer else ""
    places = f"_{{{','.join(str(i + 1) for i in at.index)}}}" if at.index else ""
    where = places + layer  # in this order Markdown sees no emphasis between two underscores
    return {
        "exp": rf"e^{{-z{where}}}",
        "slope": rf"f'(z{where})",
        "delta": rf"\delta{where}",
        "da": rf"\partial L / \partial a{where}",
        "dW": rf"\partial L / \partial W{where}",
        "db": rf"\partial L / \partial b{where}",
    }.get(at.kind, at.kind + where)


def summed(terms: Sequence[tuple[float, str]]) -> str:
    """Terms, each by its sign and its absolute value as it is written: 'a - b + c'."""
    first, *others = terms
    text = ("-" if first[0] < 0 else "") + first[1]
    return text + "".join(f" {'-' if sign < 0 else '+'} {term}" for sign, term in others)


@dataclass(frozen=True)
class Arithmetic:
    """An example with all its values by name."""

    worked: Worked
    lr: float
    values: Mapping[str, float]

    def of(self, at: Place) -> str:
        """What stands between a quantity's symbol and its value."""
        row = at.index[0] if at.index else 0
        if at.after:
            return self._update(at)
        if at.kind == "z":
            return self._sum(at.layer, row)
        if at.kind == "exp":
            return f"e^{{{four(-self._value(f'z{at.layer}', (row,)))}}}"
        if at.kind == "a":
            return self._activated(at.layer, row)
        if at.kind == "L":
            squares = [f"({four(each)} - {four(self._target)})^2" for each in self._outputs()]
            return r"\tfrac12 " + (squares[0] if len(squares) == 1 else f"({' + '.join(squares)})")
        if at.kind == "da":
            return f"{four(self._value(f'a{at.layer}', (row,)))} - {four(self._target)}"
        if at.kind == "slope":
            return self._slope(at.layer, row)
        if at.kind == "delta":
            return self._delta(at.layer, row)
        delta = self._factor(f"delta{at.layer}", (row,))
        if at.kind == "db":
            return symbol(replace(at, kind="delta"))
        return rf"{delta} \cdot {signed(self._input(at.layer, at.index[1] if at.index else 0))}"

    def _sum(self, layer: int, row: int) -> str:
        weights, bias = self.worked.weights[layer - 1][row], self.worked.biases[layer - 1][row]
        inputs = [self._input(layer, i) for i in range(len(weights))]
        products = [(w, rf"{four(abs(w))} \cdot {signed(x)}") for w, x in zip(weights, inputs, strict=True)]
        numbers = [*(w * x for w, x in zip(weights, inputs, strict=True)), bias]
        terms = summed([(each, four(abs(each))) for each in numbers])
        return f"{summed([*products, (bias, four(abs(bias)))])} = {terms}"

    def _activated(self, layer: int, row: int) -> str:
        name, z = self.worked.activations[layer - 1], self._value(f"z{layer}", (row,))
        if name == "sigmoid":
            return rf"\frac{{1}}{{1 + {four(self._value(f'exp{layer}', (row,)))}}}"
        if name == "relu":
            return rf"\max(0, {four(z)})"
        return f"{self._name(layer)}({four(z)})"

    def _slope(self, layer: int, row: int) -> str:
        if self.worked.activations[layer - 1] == "sigmoid":
            a = four(self._value(f"a{layer}", (row,)))
            return f"{a} (1 - {a})"
        return f"{self._name(layer)}'({four(self._value(f'z{layer}', (row,)))})"

    def _name(self, layer: int) -> str:
        name = self.worked.activations[layer - 1]
        return rf"\mathrm{{{NAMES.get(name, name)}}}"

    def _delta(self, layer: int, row: int) -> str:
        slope = self._factor(f"slope{layer}", (row,))
        if layer == len(self.worked.weights):
            return rf"{self._factor(f'da{layer}', (row,))} \cdot {slope}"
        following = self.worked.weights[layer]
        back = [
            rf"{signed(weights[row])} \cdot {self._factor(f'delta{layer + 1}', (k,))}"
            for k, weights in enumerate(following)
        ]
        total = back[0] if len(back) == 1 else "(" + " + ".join(back) + ")"
        return rf"{total} \cdot {slope}"

    def _update(self, at: Place) -> str:
        """Before - η · gradient."""
        row, column = (*at.index, 0, 0)[:2]
        layer = at.layer - 1
        before = self.worked.weights[layer][row][column] if at.kind == "W" else self.worked.biases[layer][row]
        return rf"{four(before)} - {four(self.lr)} \cdot {self._factor(f'd{at.kind}{at.layer}', at.index)}"

    def step(self, at: Place) -> float:
        """By how much a parameter changes."""
        return self.lr * self._value(f"d{at.kind}{at.layer}", at.index)

    def _factor(self, name: str, index: tuple[int, ...]) -> str:
        return signed(self._value(name, index))

    def _input(self, layer: int, i: int) -> float:
        return float(self.worked.x[i]) if layer == 1 else self._value(f"a{layer - 1}", (i,))

    def _outputs(self) -> list[float]:
        last = len(self.worked.weights)
        return [self._value(f"a{last}", (i,)) for i in range(len(self.worked.weights[-1]))]

    def _value(self, name: str, index: tuple[int, ...]) -> float:
        """By its name; one that is alone in its layer has no index."""
        told = indexed(name, index)
        return self.values[told if told in self.values else name]

    @property
    def _target(self) -> float:
        assert self.worked.y is not None
        return self.worked.y


def signed(value: float) -> str:
    """In brackets where it is negative, as a factor or a summand is written."""
    return f"({four(value)})" if value < 0 else four(value)
