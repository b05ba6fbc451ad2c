"""Gradient norms by layer and depth on real images, at the start and after some training."""

from itertools import product
from typing import Any

import numpy as np

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.data import dataset
from nnlabs.params.studies import Gradients
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.layers import Activate, BatchNorm, Layer, Linear, Residual
from nnlabs.scratch.losses import cross_entropy
from nnlabs.scratch.network import Network
from nnlabs.scratch.optimizers import SGD
from nnlabs.telling.progress import CountProgress

NORM, SKIP, BOTH = "batch normalisation", "skip connections", "both"
REMEDIES = {NORM: "normal", SKIP: "lecun", BOTH: "lecun"}
"""What is tried beside good initial weights, and the initial weights that it is tried on."""
LEVEL = 10.0
"""Norms within this factor of each other, between layers and between depths, are called level."""


def study(settings: Gradients) -> tuple[dict[str, Any], dict[str, Array]]:
    data = dataset.load(settings.dataset)
    if settings.batch_size > len(data.train.labels):
        raise UserError(
            f"gradients: batch_size {settings.batch_size} found;"
            f" allowed: up to the {len(data.train.labels)} training images of {settings.dataset}"
        )
    inputs = int(np.prod(data.shape))
    arrays: dict[str, Array] = {}
    arms: list[tuple[str, str]] = [(initialisation, "") for initialisation in settings.initialisations]
    arms += [(initialisation, remedy) for remedy, initialisation in REMEDIES.items()]
    pairs: list[dict[str, Any]] = []
    networks = len(arms) * len(settings.activations) * len(settings.depths) * len(settings.seeds)
    with CountProgress("gradients", networks, "networks") as progress:
        for (initialisation, remedy), activation in product(arms, settings.activations):
            name = ".".join(filter(None, (initialisation, activation, remedy)))
            starts, ends, losses = [], [], {}
            for depth in settings.depths:
                norms, first_last = [], []
                for seed in settings.seeds:
                    weights, order = (np.random.default_rng(each) for each in np.random.SeedSequence(seed).spawn(2))
                    network = build(
                        inputs, len(data.classes), depth, settings.width, initialisation, activation, remedy, weights
                    )
                    before, after, loss = _run(network, data, settings, order)
                    norms.append([before, after])
                    progress.add(1)
                    first_last.append([loss[0] if loss else None, loss[-1] if len(loss) > settings.steps else None])
                    if depth == max(settings.depths) and seed == settings.seeds[0]:
                        network.save(paths.models("gradients") / f"{name.replace(' ', '-')}.safetensors")
                every = np.array(norms)  # seeds x 2 x layers
                arrays[f"{name}.{depth}"] = every
                losses[str(depth)] = first_last
                starts.append(_equal(every[:, 0]))
                ends.append(_equal(every[:, 1]))
            pairs.append(
                {
                    "name": name,
                    "initialisation": initialisation,
                    "activation": activation,
                    "remedy": remedy,
                    "layers_start": _apart(starts[-1:]),
                    "layers_trained": _apart(ends[-1:]),
                    "depths_start": _apart(starts),
                    "depths_trained": _apart(ends),
                    "losses": losses,
                }
            )
    results = {
        "settings": settings.model_dump(mode="json"),
        "data": {"classes": len(data.classes), "inputs": inputs},
        "pairs": pairs,
        "level": LEVEL,
        "headline": {
            "pairs": len(pairs),
            "level_at_the_start": sum(is_level(pair["depths_start"]) for pair in pairs),
            "level_after_training": sum(is_level(pair["depths_trained"]) for pair in pairs),
        },
    }
    return results, arrays


def build(
    inputs: int,
    classes: int,
    depth: int,
    width: int,
    initialisation: str,
    activation: str,
    remedy: str,
    rng: np.random.Generator,
) -> Network:
    """`depth` hidden layers of one width, the first of them from the pixels, and a linear output layer.

    With skip connections every hidden layer but the first is x + f(W x); with batch normalisation each
    has it between W x and f.
    """
    layers: list[Layer] = []
    for i in range(depth):
        block: list[Layer] = [Linear(inputs if i == 0 else width, width, rng, initialisation)]
        if remedy in (NORM, BOTH):
            block.append(BatchNorm(width))
        block.append(Activate(activation))
        layers += [Residual(*block)] if remedy in (SKIP, BOTH) and i else block
    return Network(*layers, Linear(width, classes, rng, initialisation))


def _run(
    network: Network, data: dataset.Dataset, settings: Gradients, rng: np.random.Generator
) -> tuple[list[float], list[float], list[float]]:
    """Norms of dL/dW by hidden layer at the start and after the steps, and the loss of every step.

    A run whose numbers overflow ends there: its norms are infinite, its loss what it was last.
    """
    optimizer = SGD(settings.lr)
    losses: list[float] = []
    norms: list[list[float]] = []
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(settings.steps + 1):
            chosen = np.sort(rng.choice(len(data.train.labels), settings.batch_size, replace=False))
            x = _normalised(data, chosen)
            try:
                loss, dy = cross_entropy(network.forward(x, training=True), data.train.labels[chosen])
            except UserError:  # NaN or infinity reached a layer
                break
            network.backward(dy)
            losses.append(loss)
            if step in (0, settings.steps):
                norms.append(layer_norms(network))
            optimizer.step(network.parameters, network.gradients)
    while len(norms) < 2:
        norms.append([float("inf")] * (sum(array.ndim == 2 for array in network.parameters.values()) - 1))
    return norms[0], norms[1], losses


def layer_norms(network: Network) -> list[float]:
    """‖dL/dW‖ of every hidden layer, from the first to the last."""
    gradients = [array for array in network.gradients.values() if array.ndim == 2]
    return [_norm(array) for array in gradients[:-1]]


def _norm(array: Array) -> float:
    """√Σ g², with the largest |g| taken out first: squares of what vanishes or explodes would be 0 or infinite."""
    largest = np.abs(array).max()
    return float(largest * np.linalg.norm(array / largest)) if 0 < largest < np.inf else float(largest)


def _equal(norms: Array) -> Array:
    """Of seeds x layers the layers of equal size: all hidden ones but the first, which sees the pixels."""
    return norms[:, 1:] if norms.shape[1] > 1 else norms


def _apart(norms: list[Array]) -> list[float | None]:
    """How often the smallest norm, of all these depths and layers, goes into the largest; a number a seed.

    None where it is infinite: a norm is 0 or has overflowed.
    """
    every = np.concatenate(norms, axis=1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratios = every.max(1) / every.min(1)
    return [float(each) if np.isfinite(each) else None for each in ratios]


def is_level(apart: list[float | None]) -> bool:
    """Whether the median over seeds is within the factor."""
    return bool(np.median([np.inf if each is None else each for each in apart]) <= LEVEL)


def _normalised(data: dataset.Dataset, chosen: Array) -> Array:
    """Images as N x pixels, float64, normalised by the training part's statistics."""
    mean, deviation = (np.array(each).reshape(-1, 1, 1) for each in (data.mean, data.deviation))
    return ((data.train.images[chosen] / 255 - mean) / deviation).reshape(len(chosen), -1)
