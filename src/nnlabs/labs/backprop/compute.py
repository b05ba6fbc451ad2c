"""Forward and backward pass of small networks, number by number, beside a lecture's and autograd's."""

import math
import re
from typing import Any

import numpy as np
import torch

from nnlabs.core.errors import UserError
from nnlabs.params.exercises import Backprop, Worked
from nnlabs.scratch.activations import activation
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.layers import Activate, Linear
from nnlabs.scratch.network import Network
from nnlabs.labs.activations.compute import agrees

Values = dict[str, Array]


def study(settings: Backprop) -> tuple[dict[str, Any], dict[str, Array]]:
    examples = {key: _example(worked, settings.lr) for key, worked in settings.examples.items()}
    errors = [row["error"] for example in examples.values() for row in example["rows"] if row["error"] is not None]
    slips = [row["name"] for example in examples.values() for row in example["rows"] if row["verdict"] == "slip"]
    inherited = [row["name"] for e in examples.values() for row in e["rows"] if row["verdict"] == "inherited"]
    headline = {"largest_error_to_autograd": max(errors), "slips": len(slips), "inherited": len(inherited)}
    return {"lr": settings.lr, "examples": examples, "slips": slips, "headline": headline}, {}


def _example(worked: Worked, lr: float) -> dict[str, Any]:
    ours = quantities(worked, lr)
    autograd = _autograd(worked)
    rows = []
    slipped: set[str] = set()
    for name, array in ours.items():
        for index in np.ndindex(*array.shape):
            key = f"{name}[{', '.join(map(str, index))}]" if array.size > 1 else name
            value = float(array[index])
            theirs = float(autograd[name][index]) if name in autograd else None
            printed = worked.printed.get(key)
            step = _from_printed(key, worked, lr)
            verdict = _verdict(key, value, printed, step, slipped)
            if verdict in ("slip", "inherited"):
                slipped.add(key)
            rows.append(
                {
                    "name": key,
                    "value": value,
                    "autograd": theirs,
                    "error": abs(value - theirs) if theirs is not None else None,
                    "printed": printed,
                    "step": step,
                    "verdict": verdict,
                }
            )
    names = [str(row["name"]) for row in rows]
    for name in worked.printed:
        if name not in names:
            raise UserError(f"backprop: {worked.title}: printed.{name} is no quantity; allowed: {', '.join(names)}")
    return {
        "title": worked.title,
        "worked": worked.model_dump(mode="json"),
        "rows": rows,
        "parameters": _network(worked).count(),
    }


def _network(worked: Worked) -> Network:
    layers: list[Any] = []
    rng = np.random.default_rng(0)
    for weight, bias, name in zip(worked.weights, worked.biases, worked.activations, strict=True):
        linear = Linear(len(weight[0]), len(weight), rng)
        linear.parameters["weight"][...], linear.parameters["bias"][...] = weight, bias
        layers += [linear, Activate(name)]
    return Network(*layers)


def quantities(worked: Worked, lr: float) -> Values:
    """Every intermediate value, computed by the project's own network; delta is dL/dz."""
    network = _network(worked)
    x = np.array(worked.x)[None]
    every = network.outputs(x)
    named: Values = {}
    for layer in range(1, len(worked.weights) + 1):
        named[f"z{layer}"], named[f"a{layer}"] = every[2 * layer - 2][0], every[2 * layer - 1][0]
    if worked.y is None:
        return named
    error = every[-1] - worked.y
    named["L"] = (error**2).sum()[None] / 2
    delta = error
    deltas, gradients = {}, {}
    for layer in range(len(worked.weights), 0, -1):
        linear, act = network.layers[2 * layer - 2], network.layers[2 * layer - 1]
        delta = act.backward(delta)
        deltas[f"delta{layer}"] = delta[0]
        delta = linear.backward(delta)
        gradients[f"dW{layer}"], gradients[f"db{layer}"] = linear.gradients["weight"], linear.gradients["bias"]
    named |= deltas | gradients
    for layer in range(len(worked.weights), 0, -1):
        parameters = network.layers[2 * layer - 2].parameters
        named[f"W{layer} after"] = parameters["weight"] - lr * gradients[f"dW{layer}"]
        named[f"b{layer} after"] = parameters["bias"] - lr * gradients[f"db{layer}"]
    return named


def _autograd(worked: Worked) -> Values:
    """The same quantities by PyTorch, in float64; what a step changes is left out."""
    functions = {"identity": lambda z: z, "leaky_relu": torch.nn.functional.leaky_relu, "elu": torch.nn.functional.elu}
    weights = [torch.tensor(weight, dtype=torch.float64, requires_grad=True) for weight in worked.weights]
    biases = [torch.tensor(bias, dtype=torch.float64, requires_grad=True) for bias in worked.biases]
    a = torch.tensor(worked.x, dtype=torch.float64)
    kept = {}
    for layer, (weight, bias, function) in enumerate(zip(weights, biases, worked.activations, strict=True), 1):
        z = weight @ a + bias
        z.retain_grad()
        a = functions[function](z) if function in functions else getattr(torch, function)(z)
        kept[f"z{layer}"], kept[f"a{layer}"] = z, a
    values = {name: tensor.detach().numpy() for name, tensor in kept.items()}
    if worked.y is None:
        return values
    loss = ((a - worked.y) ** 2).sum() / 2
    loss.backward()
    values["L"] = loss.detach().numpy()[None]
    for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True), 1):
        for name, tensor in ((f"delta{layer}", kept[f"z{layer}"]), (f"dW{layer}", weight), (f"db{layer}", bias)):
            assert tensor.grad is not None
            values[name] = tensor.grad.numpy()
    return values


# ---------------------------------------------------------------- the lecture's own arithmetic


def _from_printed(key: str, worked: Worked, lr: float) -> float | None:
    """A quantity recomputed from the values that the lecture printed before it, as it rounds between steps.

    Where something it needs is not printed, the exact value serves. None where nothing is printed of it.
    """
    if key not in worked.printed:
        return None
    exact = quantities(worked, lr)

    def known(name: str, index: tuple[int, ...] = ()) -> float:
        array = exact[name]
        told = f"{name}[{', '.join(map(str, index))}]" if array.size > 1 else name
        value = float(array[index] if index else array.flat[0])
        return float(worked.printed.get(told, value))

    match = re.fullmatch(r"([a-zA-Z]+)(\d*)( after)?(?:\[([\d, ]+)\])?", key)
    assert match, key
    kind, layer = match[1], int(match[2] or 0)
    index = tuple(int(part) for part in match[4].split(",")) if match[4] else ()
    weights = [np.array(weight) for weight in worked.weights]

    def before(i: int) -> float:
        """The input i of the layer: x, or what the layer before gave."""
        return float(worked.x[i]) if layer == 1 else known(f"a{layer - 1}", (i,))

    def slope(at: int, i: int) -> float:
        """f'(z) as the lecture computes it: for a sigmoid from its rounded output, a (1 - a)."""
        name = worked.activations[at - 1]
        index = (i,) if exact[f"a{at}"].size > 1 else ()
        if name == "sigmoid":
            a = known(f"a{at}", index)
            return a * (1 - a)
        return float(activation(name).derivative(np.array([known(f"z{at}", index)]))[0])

    row = index[0] if index else 0
    if match[3]:  # W or b after the step
        start = weights[layer - 1] if kind == "W" else np.array(worked.biases[layer - 1])
        full = index if index and start.ndim == len(index) else (0,) * start.ndim
        gradient = known(f"d{kind}{layer}", index if exact[f"d{kind}{layer}"].size > 1 else ())
        return float(start[full]) - lr * gradient
    if kind == "z":
        products = (float(weight) * before(i) for i, weight in enumerate(weights[layer - 1][row]))
        return math.fsum(products) + worked.biases[layer - 1][row]
    if kind == "a":
        return float(activation(worked.activations[layer - 1]).function(np.array([known(f"z{layer}", index)]))[0])
    last = len(weights)
    assert worked.y is not None
    if kind == "L":
        return (known(f"a{last}") - worked.y) ** 2 / 2
    if kind == "delta" and layer == last:
        return (known(f"a{last}", index) - worked.y) * slope(last, row)
    if kind == "delta":
        following = range(len(weights[layer]))
        several = exact[f"delta{layer + 1}"].size > 1
        back = math.fsum(
            float(weights[layer][k][row]) * known(f"delta{layer + 1}", (k,) if several else ()) for k in following
        )
        return back * slope(layer, row)
    several = exact[f"delta{layer}"].size > 1
    delta = known(f"delta{layer}", (row,) if several else ())
    return delta * before(index[1]) if kind == "dW" else delta


def _verdict(key: str, value: float, printed: str | None, step: float | None, slipped: set[str]) -> str:
    """What is to be said of a printed value; one unit of its last digit may be lost by rounding between steps."""
    if printed is None:
        return ""
    assert step is not None
    if not agrees(step, printed):
        return "slip"
    if any(_needs(key, other) for other in slipped) and not agrees(value, printed):
        return "inherited"
    return "agrees" if agrees(value, printed) else "rounded"


def _needs(key: str, other: str) -> bool:
    """Whether a gradient of the weights is computed from that delta: dW1[0, 1] from delta1[0]."""
    if not other.startswith("delta"):
        return False
    row = other.removeprefix("delta").replace("]", ",")  # 1[0,
    return key.startswith((f"dW{row}", f"W{row.replace('[', ' after[')}"))
