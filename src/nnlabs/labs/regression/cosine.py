"""A cosine in PyTorch, with Adam; and why its loss jumps."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from nnlabs.labs.regression.points import Run, drawn, kept, learned, points, streams
from nnlabs.labs.regression.results import Learned, Spikes
from nnlabs.labs.regression.settings import Curve
from nnlabs.scratch.arrays import Array

JUMP, APART = 3.0, 100
"""A spike: the loss above so many times its lowest so far; two, when so many iterations lie between."""
BEGUN = 10
"""Iterations after which gradient and step are taken as those of the beginning."""

Schedule = Callable[[int], float]
"""The learning rate as a part of the settings', by the iteration from 0."""


@dataclass(frozen=True)
class Watched:
    """Every iteration of a training."""

    losses: Array
    gradients: Array
    """Lengths of the gradient of all parameters."""
    steps: Array
    """Lengths of the step that Adam made of it."""


def in_torch(settings: Curve, arrays: dict[str, Array]) -> tuple[Learned, Spikes]:
    """Fully connected layers with tanh between them, Adam, all points in each step."""
    truth = np.cos(points(settings))
    runs = []
    for seed in settings.seeds:
        run, watched, parameters = _run(settings, truth, seed, lambda _: 1.0)
        runs.append(run)
        if seed == settings.seeds[0]:
            arrays |= kept("cosine", settings, truth, run)
            spikes = _spikes(settings, truth, watched, arrays)
    return learned(settings, truth, runs, parameters), spikes


def _spikes(settings: Curve, truth: Array, watched: Watched, arrays: dict[str, Array]) -> Spikes:
    """The first seed's jumps, and those of the same training with a rate that falls to 0."""
    _, falling, _ = _run(settings, truth, settings.seeds[0], lambda i: 1 - i / settings.iterations)
    arrays |= {f"cosine.every.{name}": values.astype(np.float32) for name, values in vars(watched).items()}
    arrays["cosine.falling"] = falling.losses.astype(np.float32)
    first, quiet = min(BEGUN, settings.iterations - 1), int(watched.gradients.argmin())
    return Spikes(
        constant=spikes(watched.losses),
        falling=spikes(falling.losses),
        constant_loss=float(watched.losses[-1]),
        falling_loss=float(falling.losses[-1]),
        gradient=float(watched.gradients[first] / watched.gradients[quiet]),
        step=float(watched.steps[first] / watched.steps[quiet]),
    )


def spikes(losses: Array) -> int:
    """How often the loss jumps far above the lowest it has been."""
    high = np.flatnonzero(losses > JUMP * np.minimum.accumulate(losses))
    return int(1 + (np.diff(high) > APART).sum()) if len(high) else 0


def _run(settings: Curve, truth: Array, seed: int, schedule: Schedule) -> tuple[Run, Watched, int]:
    """Train from a seed; also how many parameters there are."""
    noise, _ = streams(seed)
    torch.manual_seed(seed)
    seen = drawn(settings, truth, noise)
    layers: list[nn.Module] = []
    for inputs, outputs in zip((1, *settings.hidden), (*settings.hidden, 1), strict=True):
        layers += [nn.Linear(inputs, outputs), nn.Tanh()]
    model = nn.Sequential(*layers[:-1])
    parameters = list(model.parameters())
    optimizer = torch.optim.Adam(parameters, settings.lr)
    x, y = torch.tensor(seen.x[:, None], dtype=torch.float32), torch.tensor(seen.y, dtype=torch.float32)
    grid = torch.tensor(points(settings)[:, None], dtype=torch.float32)
    every = max(1, settings.iterations // 500)
    losses, curves = {}, []
    watched = Watched(*np.zeros((3, settings.iterations)))
    for i in range(settings.iterations):
        optimizer.param_groups[0]["lr"] = settings.lr * schedule(i)
        optimizer.zero_grad()
        loss = ((model(x)[:, 0] - y) ** 2).mean()
        loss.backward()
        before = nn.utils.parameters_to_vector(parameters).detach().clone()
        gradient = torch.cat([each.grad.ravel() for each in parameters if each.grad is not None])
        optimizer.step()
        step = nn.utils.parameters_to_vector(parameters).detach() - before
        watched.losses[i], watched.gradients[i], watched.steps[i] = loss.item(), gradient.norm(), step.norm()
        if (i + 1) % every == 0 or i + 1 == settings.iterations:
            losses[i + 1] = loss.item()
        if i + 1 in settings.snapshots:
            with torch.no_grad():
                curves.append(model(grid)[:, 0].numpy().astype(float))
    return Run(seen, curves, losses), watched, sum(each.numel() for each in parameters)
