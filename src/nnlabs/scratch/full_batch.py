"""Full-batch gradient descent on a network with one hidden layer: tens of thousands of equal steps.

The network is inputs - hidden - 1. At this size a step is a dozen passes over hidden x N numbers that
lie in the processor's cache, and each call of NumPy costs as much as a short pass. So:

1. Arrays are hidden x N: the long axis is the contiguous one.
2. The bias is one more weight, whose input is a row of ones.
3. Nothing is allocated in the loop, and what is no longer needed is overwritten.
4. dL/dW1 = (f'(W1 x) ∘ w2 δ) xᵀ = w2 ∘ (f'(W1 x) (δ ∘ x)ᵀ): w2 is the same for all points, so it can
   come after the product, and δ can go to x, which has fewer rows than the hidden layer.

`benchmarks/README.md` compares it with the same loop written for autograd.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from nnlabs.core.errors import UserError
from nnlabs.scratch.arrays import Array, check, shape

NAMES = ("0.weight", "0.bias", "2.weight", "2.bias")
"""Of hidden x inputs, hidden, 1 x hidden and 1: as in nn.Sequential(Linear, activation, Linear)."""


def relu(z: Array, slope: Array) -> None:
    """f(z) = max(z, 0), f'(z) = 1 where z > 0; in place of z and into slope, as all activations here."""
    np.greater(z, 0, out=slope)
    z *= slope


def sigmoid(z: Array, slope: Array | None = None) -> None:
    """f(z) = 1 / (1 + e^-z) = (1 + tanh(z / 2)) / 2, which overflows nowhere; f' = f - f²."""
    z *= 0.5
    np.tanh(z, out=z)
    z += 1
    z *= 0.5
    if slope is not None:
        np.multiply(z, z, out=slope)
        np.subtract(z, slope, out=slope)


ACTIVATIONS: dict[str, Callable[[Array, Array], None]] = {"relu": relu, "sigmoid": sigmoid}


@dataclass(frozen=True)
class Loss:
    """L = Σ_n l(z_n, t_n), or the mean, z being the last layer's sum; dl/dz = factor · (output(z) - t)."""

    output: Callable[[Array], None]
    """From z to the network's output, in place."""
    each: Callable[[Array, Array], Array]
    """l(z, t), point by point."""
    factor: float
    mean: bool


LOSSES = {
    "squared_error": Loss(lambda z: None, lambda z, t: (z - t) ** 2, factor=2.0, mean=True),
    "summed_binary_cross_entropy": Loss(
        sigmoid,
        # -t log f(z) - (1 - t) log(1 - f(z)), without the logarithm of a number that rounds to 0
        lambda z, t: np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z))),
        factor=1.0,
        mean=False,
    ),
}


@dataclass
class History:
    """What a descent leaves: by the number of steps done before, the loss, and the parameters where asked for."""

    losses: dict[int, float] = field(default_factory=dict)
    snapshots: dict[int, dict[str, Array]] = field(default_factory=dict)
    """The last step is always among them."""


def fit(
    x: Array,
    t: Array,
    parameters: Mapping[str, Array],
    activation: str,
    loss: str,
    lr: float,
    iterations: int,
    dtype: str = "float32",
    every: int = 100,
    snapshots: Collection[int] = (),
    merge: bool = False,
) -> History:
    """Descend from the parameters, which stay as they are, on points x, N x inputs, with targets t, N.

    The loss is noted after every so many steps, and at the end. With `merge`, points of equal x count
    as one with their mean target and their number for a weight: the loss and its gradient are the same.

    Raises
    ------
    UserError
        For arrays that do not go together, an unknown name, or a loss that grew beyond all numbers.
    """
    _check(x, t, parameters, activation, loss)
    if lr <= 0 or iterations < 0 or every < 1:
        raise UserError(f"fit: lr {lr}, iterations {iterations}, every {every} found; lr and every have to be positive")
    activate, objective = ACTIVATIONS[activation], LOSSES[loss]
    scale = 1 / len(t) if objective.mean else 1.0
    counts, rest = np.ones(len(t)), 0.0
    if merge:
        x, t, counts, rest = merged(x, t, objective)

    points = np.vstack([x.T, np.ones(len(t))]).astype(dtype)  # (inputs + 1) x N, the last row the bias's input
    target = t.astype(dtype)
    flat, w1, w2 = _flattened(parameters, dtype)  # hidden x (inputs + 1), hidden + 1
    change, change1, change2 = _flattened(parameters, dtype)
    above = np.ones((len(w2), len(t)), dtype)  # the hidden layer, and a row of ones for the bias
    z, slope, delta, weighted = above[:-1], np.empty_like(above[:-1]), np.empty_like(target), np.empty_like(points)
    rate = (lr * objective.factor * scale * counts).astype(dtype)

    history = History()
    with np.errstate(over="ignore", invalid="ignore"):  # a descent that diverges is told by the loss
        for i in range(iterations + 1):
            np.matmul(w1, points, out=z)  # hidden x N
            activate(z, slope)
            np.matmul(w2, above, out=delta)  # N
            if i % every == 0 or i == iterations:
                history.losses[i] = _finite(scale * float(counts @ objective.each(delta, target)) + scale * rest, i, lr)
            if i in snapshots or i == iterations:
                history.snapshots[i] = _named(w1, w2)
            if i == iterations:
                break
            objective.output(delta)
            delta -= target
            delta *= rate  # η dL/dz: every gradient below comes out as the change to make
            np.matmul(above, delta, out=change2)
            np.multiply(points, delta, out=weighted)  # (inputs + 1) x N
            np.matmul(slope, weighted.T, out=change1)
            change1 *= w2[:-1, None]
            flat -= change
    return history


def merged(x: Array, t: Array, objective: Loss) -> tuple[Array, Array, Array, float]:
    """Distinct points, their mean targets, their numbers, and what the summed loss then lacks.

    That is the same for every network (the targets' squares around their means; for the cross-entropy,
    which is linear in t, nothing), so it is read off at z = 0.
    """
    distinct, which, counts = np.unique(x, axis=0, return_inverse=True, return_counts=True)
    means = np.bincount(which.ravel(), t) / counts
    whole, short = objective.each(np.zeros(len(t)), t), objective.each(np.zeros(len(means)), means)
    return distinct, means, counts.astype(np.float64), float(whole.sum() - counts @ short)


def _flattened(parameters: Mapping[str, Array], dtype: str) -> tuple[Array, Array, Array]:
    """One vector of all parameters and its two views: hidden x (inputs + 1) and hidden + 1, biases last."""
    weight1, bias1, weight2, bias2 = (parameters[name] for name in NAMES)
    first = np.column_stack([weight1, bias1])
    flat = np.concatenate([first.ravel(), weight2.ravel(), bias2]).astype(dtype)
    return flat, flat[: first.size].reshape(first.shape), flat[first.size :]


def _named(w1: Array, w2: Array) -> dict[str, Array]:
    return dict(zip(NAMES, (w1[:, :-1].copy(), w1[:, -1].copy(), w2[None, :-1].copy(), w2[-1:].copy()), strict=True))


def _finite(value: float, iteration: int, lr: float) -> float:
    if not np.isfinite(value):
        raise UserError(f"fit: the loss is {value} after {iteration} steps; a learning rate below {lr} is needed")
    return value


def _check(x: Array, t: Array, parameters: Mapping[str, Array], activation: str, loss: str) -> None:
    for what, name, allowed in (("activation", activation, ACTIVATIONS), ("loss", loss, LOSSES)):
        if name not in allowed:
            raise UserError(f"fit: {what} {name!r} is unknown; allowed: {', '.join(allowed)}")
    check("fit", x, "N", "inputs")
    check("fit: the targets", t, len(x))
    if set(parameters) != set(NAMES):
        raise UserError(f"fit: parameters {', '.join(sorted(parameters))} found; {', '.join(NAMES)} are needed")
    inputs, hidden = x.shape[1], len(parameters["0.bias"])
    for name, wanted in zip(NAMES, ((hidden, inputs), (hidden,), (1, hidden), (1,)), strict=True):
        if parameters[name].shape != wanted:
            raise UserError(f"fit: {name} is {shape(parameters[name].shape)}; {shape(wanted)} is needed")
