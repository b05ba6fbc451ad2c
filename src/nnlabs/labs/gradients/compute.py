"""Gradient norms by layer and depth on real images, at the start and after some training."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.data import prepared
from nnlabs.data.prepared import Dataset
from nnlabs.labs.common.shown import samples
from nnlabs.labs.gradients.results import BOTH, NORM, SKIP, Apart, Losses, Pair, Results
from nnlabs.labs.gradients.settings import Settings
from nnlabs.scratch.activations import activation
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.layers import Activate, BatchNorm, Layer, Linear, Residual
from nnlabs.scratch.losses import cross_entropy
from nnlabs.scratch.network import Network
from nnlabs.scratch.optimizers import SGD
from nnlabs.telling.progress import CountProgress

REMEDIES = {NORM: "normal", SKIP: "lecun", BOTH: "lecun"}
"""What is tried beside good initial weights, and the initial weights that it is tried on."""


@dataclass(frozen=True)
class Way:
    """A way to build a network of any depth."""

    initialisation: str
    activation: str
    remedy: str
    """Empty without one."""

    @property
    def name(self) -> str:
        return ".".join(filter(None, (self.initialisation, self.activation, self.remedy)))


@dataclass(frozen=True)
class Run:
    """A network's training: norms of dL/dW by hidden layer, and losses."""

    start: list[float]
    trained: list[float]
    losses: Losses


def compute(settings: Settings, dataset: str) -> tuple[Results, dict[str, Array]]:
    """Measure every way at every depth with every seed; keep the deepest networks of the first seed.

    The arrays are norms, seeds x (start, trained) x hidden layers, by the pair's name and the depth, and images for
    the page.

    Raises
    ------
    UserError
        Where the data is missing, or has fewer images than a batch.
    """
    data = prepared.load(dataset)
    if settings.batch_size > len(data.train.labels):
        raise UserError(
            f"params.yaml: labs.gradients.batch_size: {settings.batch_size} found;"
            f" allowed: up to the {len(data.train.labels)} training images of {dataset}"
        )
    rules = [(rule, "") for rule in settings.initialisations] + [(rule, remedy) for remedy, rule in REMEDIES.items()]
    ways = [Way(rule, function, remedy) for (rule, remedy), function in product(rules, settings.activations)]
    arrays = samples(data.train, len(data.classes))
    pairs = []
    networks = len(ways) * len(settings.depths) * len(settings.seeds)
    with CountProgress("gradients", networks, "networks") as progress:
        for way in ways:
            runs = {depth: _seeds(way, depth, data, settings, progress) for depth in settings.depths}
            norms = {depth: np.array([[run.start, run.trained] for run in each]) for depth, each in runs.items()}
            arrays |= {f"{way.name}.{depth}": every for depth, every in norms.items()}
            pairs.append(_pair(way, runs, norms))
    return Results(classes=len(data.classes), pairs=pairs), arrays


def _seeds(way: Way, depth: int, data: Dataset, settings: Settings, progress: CountProgress) -> list[Run]:
    """Networks of one depth, one a seed."""
    runs = []
    for seed in settings.seeds:
        weights, order = (np.random.default_rng(each) for each in np.random.SeedSequence(seed).spawn(2))
        network = build(way, int(np.prod(data.shape)), len(data.classes), depth, settings.width, weights)
        runs.append(_run(network, data, settings, order))
        progress.add(1)
        if depth == max(settings.depths) and seed == settings.seeds[0]:
            network.save(paths.models("gradients") / f"{way.name.replace(' ', '-')}.safetensors")
    return runs


def _pair(way: Way, runs: dict[int, list[Run]], norms: dict[int, Array]) -> Pair:
    starts, ends = ({depth: _equal(every[:, when]) for depth, every in norms.items()} for when in (0, 1))
    deepest = max(norms)
    return Pair(
        name=way.name,
        initialisation=way.initialisation,
        activation=way.activation,
        remedy=way.remedy,
        layers_start=_apart([starts[deepest]]),
        layers_trained=_apart([ends[deepest]]),
        depths_start=_apart(list(starts.values())),
        depths_trained=_apart(list(ends.values())),
        losses={depth: [run.losses for run in each] for depth, each in runs.items()},
    )


def build(way: Way, inputs: int, classes: int, depth: int, width: int, rng: np.random.Generator) -> Network:
    """`depth` hidden layers of one width, the first of them from the pixels, and a linear output layer.

    With skip connections every hidden layer but the first is x + f(W x); with batch normalisation each
    has it between W x and f.
    """
    layers: list[Layer] = []
    for i in range(depth):
        block: list[Layer] = [Linear(inputs if i == 0 else width, width, rng, way.initialisation)]
        if way.remedy in (NORM, BOTH):
            block.append(BatchNorm(width))
        block.append(Activate(activation(way.activation)))
        layers += [Residual(*block)] if way.remedy in (SKIP, BOTH) and i else block
    return Network(*layers, Linear(width, classes, rng, way.initialisation))


def _run(network: Network, data: Dataset, settings: Settings, rng: np.random.Generator) -> Run:
    """Train for the steps; norms are taken before the first and after the last.

    A run whose numbers overflow ends there: its norms are infinite.
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
    ended = len(losses) > settings.steps
    return Run(norms[0], norms[1], Losses(losses[0] if losses else None, losses[-1] if ended else None))


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


def _apart(norms: list[Array]) -> Apart:
    """How often the smallest norm, of all these depths and layers, goes into the largest; a number a seed.

    None where it is infinite: a norm is 0 or has overflowed.
    """
    every = np.concatenate(norms, axis=1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratios = every.max(1) / every.min(1)
    return [float(each) if np.isfinite(each) else None for each in ratios]


def _normalised(data: Dataset, chosen: Array) -> Array:
    """Images as N x pixels, float64, normalised by the training part's statistics."""
    mean, std = (np.array(each).reshape(-1, 1, 1) for each in (data.mean, data.std))
    pixels: Array = ((data.train.images[chosen] / 255 - mean) / std).reshape(len(chosen), -1)
    return pixels
