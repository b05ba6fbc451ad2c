"""Two small networks that learn a curve from points: a sigmoid by hand, a cosine in PyTorch."""

import numpy as np

from nnlabs.labs.regression.cosine import in_torch
from nnlabs.labs.regression.points import Run, drawn, kept, learned, points, streams
from nnlabs.labs.regression.results import Learned, Results
from nnlabs.labs.regression.settings import Curve, Settings
from nnlabs.scratch.activations.relu import ACTIVATION as RELU
from nnlabs.scratch.activations.sigmoid import sigmoid
from nnlabs.scratch.arrays import Array
from nnlabs.scratch.full_batch import fit
from nnlabs.scratch.network import Network

STEEPNESS = 10.0
"""Of the sigmoid, 1 / (1 + e^-10x)."""


def compute(settings: Settings, dataset: str) -> tuple[Results, dict[str, Array]]:
    arrays: dict[str, Array] = {}
    by_hand = _by_hand(settings.sigmoid, arrays)
    cosine, spikes = in_torch(settings.cosine, arrays)
    return Results({"sigmoid": by_hand, "cosine": cosine}, spikes), arrays


def _by_hand(settings: Curve, arrays: dict[str, Array]) -> Learned:
    """1 - hidden - 1, ReLU, full-batch gradient descent on the squared error of every point."""
    x = points(settings)
    truth = sigmoid(STEEPNESS * x)
    runs = []
    for seed in settings.seeds:
        noise, weights = streams(seed)
        seen = drawn(settings, truth, noise)
        network = Network.of_sizes([1, *settings.hidden, 1], weights, RELU)
        for name, array in network.parameters.items():
            # Biases have to differ as well: kinks that all begin at x = 0 take long to part.
            array[...] = weights.normal(size=array.shape) / np.sqrt(array.shape[-1] if name == "2.weight" else 1)
        history = fit(
            seen.x[:, None],
            seen.y,
            network.parameters,
            "relu",
            "squared_error",
            settings.lr,
            settings.iterations,
            dtype="float64",
            every=max(1, settings.iterations // 500),
            snapshots=settings.snapshots,
        )
        curves = []
        for iteration in settings.snapshots:
            network.set_state(history.snapshots[iteration])
            curves.append(network.forward(x[:, None])[:, 0])
        runs.append(Run(seen, curves, history.losses))
    arrays |= kept("sigmoid", settings, truth, runs[0])
    return learned(settings, truth, runs, network.count())
