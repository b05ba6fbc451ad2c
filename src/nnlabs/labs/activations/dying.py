"""Units that are 0 for every point: how large learning rates make them, and whether they come back."""

import numpy as np

from nnlabs.labs.activations.results import Killed, Revived
from nnlabs.labs.activations.settings import Dying
from nnlabs.scratch.activations import Activation, elu, leaky_relu, relu
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.losses import cross_entropy
from nnlabs.scratch.network import Network
from nnlabs.scratch.optimizers import SGD, Adam, Optimizer

RADIUS = 1.2
"""Points within it are one class, those outside the other: about half each."""
GENTLE = {"gradient descent": 0.3, "Adam": 0.01}
"""Rates at which no unit dies of the rate."""


def killed(settings: Dying) -> list[Killed]:
    """How many units of a ReLU network are dead after training, by the learning rate."""
    rows = []
    for lr in settings.rates:
        dead, right = [], []
        for seed in settings.seeds:
            network, x, y = _drawn(settings, seed, relu.ACTIVATION)
            _train(network, x, y, SGD(lr), settings.steps)
            dead.append(int(_silent(network, x).sum()))
            right.append(float((network.forward(x).argmax(1) == y).mean()))
        rows.append(Killed(lr, dead, right))
    return rows


def revived(settings: Dying) -> list[Revived]:
    """Of units that begin silent, for their bias is far below 0, how many are so after gentle training."""
    rows = []
    for function in (relu.ACTIVATION, leaky_relu.ACTIVATION, elu.ACTIVATION):
        for name, lr in GENTLE.items():
            before = after = 0
            for seed in settings.seeds:
                network, x, y = _drawn(settings, seed, function)
                network.parameters["0.bias"][...] = settings.bias
                silent = _silent(network, x)
                _train(network, x, y, Adam(lr) if name == "Adam" else SGD(lr), settings.steps)
                before, after = before + int(silent.sum()), after + int((silent & _silent(network, x)).sum())
            rows.append(Revived(function.name, name, before, before - after))
    return rows


def _drawn(settings: Dying, seed: int, function: Activation) -> tuple[Network, Array, Array]:
    """A network 2 - units - 2 and points (N x 2) with classes: inside a circle, outside."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(settings.points, 2))
    y = ((x**2).sum(1) > RADIUS**2).astype(int)
    return Network.of_sizes([2, settings.units, 2], rng, function), x, y


def _train(network: Network, x: Array, y: Array, optimizer: Optimizer, steps: int) -> None:
    for _ in range(steps):
        _, dy = cross_entropy(network.forward(x), y)
        network.backward(dy)
        optimizer.step(network.parameters, network.gradients)


def _silent(network: Network, x: Array) -> Array:
    """Which hidden units have z ≤ 0 for every point; of a ReLU no gradient passes them."""
    return np.asarray((network.outputs(x)[0] <= 0).all(axis=0))
