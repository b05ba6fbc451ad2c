"""Two small networks that learn a curve from points: a sigmoid by hand, a cosine in PyTorch."""

import numpy as np
import torch
from torch import nn

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
    curves = {
        "sigmoid": _by_hand(settings.sigmoid, arrays),
        "cosine": _in_torch(settings.cosine, arrays),
    }
    return Results(curves), arrays


def points(settings: Curve) -> Array:
    """Distinct x: evenly from -limit up to, but not reaching, limit."""
    return (2 * np.arange(settings.points) / settings.points - 1) * settings.limit


def rms(errors: Array) -> float:
    return float(np.sqrt(np.mean(errors**2)))


def _streams(seed: int) -> tuple[np.random.Generator, np.random.Generator]:
    """Of the noise and of the weights."""
    noise, weights = np.random.SeedSequence(seed).spawn(2)
    return np.random.default_rng(noise), np.random.default_rng(weights)


def _by_hand(settings: Curve, arrays: dict[str, Array]) -> Learned:
    """1 - hidden - 1, ReLU, full-batch gradient descent on the squared error of every point."""
    x = points(settings)
    truth = sigmoid(STEEPNESS * x)
    errors = []
    for seed in settings.seeds:
        noise, weights = _streams(seed)
        seen = x.repeat(settings.repeats)
        y = truth.repeat(settings.repeats) + noise.normal(scale=settings.noise, size=seen.size)
        network = Network.of_sizes([1, *settings.hidden, 1], weights, RELU)
        for name, array in network.parameters.items():
            # Biases have to differ as well: kinks that all begin at x = 0 take long to part.
            array[...] = weights.normal(size=array.shape) / np.sqrt(array.shape[-1] if name == "2.weight" else 1)
        history = fit(
            seen[:, None],
            y,
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
        errors.append([rms(curve - truth) for curve in curves])
        if seed == settings.seeds[0]:
            _keep("sigmoid", arrays, x, truth, curves, seen, y, history.losses)
    return _learned(settings, errors, network.count())


def _in_torch(settings: Curve, arrays: dict[str, Array]) -> Learned:
    """Fully connected layers with tanh between them, Adam, all points in each step."""
    x = points(settings)
    truth = np.cos(x)
    errors = []
    for seed in settings.seeds:
        noise, _ = _streams(seed)
        torch.manual_seed(seed)
        seen = x.repeat(settings.repeats)
        y = truth.repeat(settings.repeats) + noise.normal(scale=settings.noise, size=seen.size)
        layers: list[nn.Module] = []
        for inputs, outputs in zip((1, *settings.hidden), (*settings.hidden, 1), strict=True):
            layers += [nn.Linear(inputs, outputs), nn.Tanh()]
        model = nn.Sequential(*layers[:-1])
        optimizer = torch.optim.Adam(model.parameters(), settings.lr)
        inputs_, targets = torch.tensor(seen[:, None], dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
        grid = torch.tensor(x[:, None], dtype=torch.float32)
        losses, curves = {}, []
        for iteration in range(1, settings.iterations + 1):
            optimizer.zero_grad()
            loss = ((model(inputs_)[:, 0] - targets) ** 2).mean()
            loss.backward()
            optimizer.step()
            if iteration % max(1, settings.iterations // 500) == 0:
                losses[iteration] = loss.item()
            if iteration in settings.snapshots:
                with torch.no_grad():
                    curves.append(model(grid)[:, 0].numpy().astype(float))
        errors.append([rms(curve - truth) for curve in curves])
        if seed == settings.seeds[0]:
            _keep("cosine", arrays, x, truth, curves, seen, y, losses)
    return _learned(settings, errors, sum(p.numel() for p in model.parameters()))


def _keep(
    name: str,
    arrays: dict[str, Array],
    x: Array,
    truth: Array,
    curves: list[Array],
    seen: Array,
    y: Array,
    losses: dict[int, float],
) -> None:
    """What the figure of the first seed shows."""
    arrays |= {
        f"{name}.x": x,
        f"{name}.truth": truth,
        f"{name}.curves": np.array(curves),
        f"{name}.seen": seen,
        f"{name}.y": y,
        f"{name}.iterations": np.array(list(losses)),
        f"{name}.losses": np.array(list(losses.values())),
    }


def _learned(settings: Curve, errors: list[list[float]], parameters: int) -> Learned:
    last = [each[-1] for each in errors]
    return Learned(errors, float(np.mean(last)), max(last), parameters, settings.noise)
