"""XOR's smallest network from many starts: how many each method gets through, and how the loss curves elsewhere.

Every start and every rate has a network of its own; they descend side by side. Float64, 2-2-1, tanh, the four corners.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nnlabs.labs.rules.results import Ends, Method, Stuck
from nnlabs.labs.rules.settings import Starts
from nnlabs.scratch.arrays import Array

CORNERS = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float64)
WANTED = torch.tensor([0, 1, 1, 0], dtype=torch.float64)
PARAMETERS = 9
"""Two weights and a bias of each hidden unit, then the output's."""
DECAYS, TINY = (0.9, 0.999), 1e-8
"""Adam's usual ones (D. Kingma and J. Ba 2015)."""
CURVED = 1e-6
"""An eigenvalue below minus this is a direction in which the loss falls; a number nearer to 0 may be rounding."""

Step = Callable[[Tensor, int], Tensor]
"""From the gradient of every network and the number of the step what is taken off its weights at a rate of 1."""


@dataclass(frozen=True)
class _Way:
    name: str
    rates: Sequence[float]
    step: Callable[[Tensor], Step]
    one: bool = False
    """Whether each step sees one corner, drawn at random, in place of all four."""


def logits(weights: Tensor, x: Tensor) -> Tensor:
    """Of S networks (S x 9) for N points that all see, or that each has for itself (S x N x 2): S x N."""
    first, bias, last, offset = weights[:, :4].view(-1, 2, 2), weights[:, 4:6], weights[:, 6:8], weights[:, 8]
    hidden = torch.tanh(x @ first + bias[:, None])
    return (hidden @ last[:, :, None])[..., 0] + offset[:, None]


def losses(weights: Tensor, x: Tensor = CORNERS, wanted: Tensor = WANTED) -> Tensor:
    """Cross-entropy of each network, the mean over its points."""
    said = logits(weights, x)
    return functional.binary_cross_entropy_with_logits(said, wanted.expand_as(said), reduction="none").mean(1)


def from_starts(settings: Starts, seeds: Sequence[int]) -> Stuck:
    """Every method at the rate of its own grid that gets most starts through; Gaussian initial weights of size 1."""
    starts = torch.from_numpy(
        np.concatenate([np.random.default_rng(seed).standard_normal((settings.starts, PARAMETERS)) for seed in seeds])
    )
    ways = (
        _Way("gradient descent", settings.rates, _plain),
        _Way("momentum", settings.rates, lambda like: _momentum(like, settings.momentum)),
        _Way("Adam", settings.adam, _adam),
        _Way("stochastic gradient descent", settings.rates, _plain, one=True),
    )
    methods, ends = [], None
    for way in ways:
        reached = _descend(way, starts, settings.steps, seeds[0])  # rates x starts x 9
        solved = (torch.stack([((logits(each, CORNERS) > 0) == (WANTED > 0)).all(1) for each in reached])).numpy()
        best = int(solved.sum(1).argmax())  # of equals the smallest rate
        methods.append(Method(way.name, way.rates[best], solved[best].reshape(len(seeds), -1).mean(1).tolist()))
        if ends is None:
            ends = _ends(reached[best][torch.from_numpy(~solved[best])])
    assert ends is not None
    return Stuck(len(starts), methods, ends)


def _descend(way: _Way, starts: Tensor, steps: int, seed: int) -> Tensor:
    weights = starts.repeat(len(way.rates), 1).requires_grad_()
    rates = torch.tensor(way.rates, dtype=torch.float64).repeat_interleave(len(starts))[:, None]
    step, rng = way.step(weights.detach()), np.random.default_rng([seed, 1])
    for i in range(1, steps + 1):
        x, wanted = CORNERS, WANTED
        if way.one:
            drawn = torch.from_numpy(rng.integers(len(CORNERS), size=(len(weights), 1)))
            x, wanted = CORNERS[drawn], WANTED[drawn]
        (gradient,) = torch.autograd.grad(losses(weights, x, wanted).sum(), weights)
        with torch.no_grad():
            weights -= rates * step(gradient, i)
    return weights.detach().view(len(way.rates), len(starts), PARAMETERS)


def _plain(like: Tensor) -> Step:
    return lambda gradient, step: gradient


def _momentum(like: Tensor, factor: float) -> Step:
    velocity = torch.zeros_like(like)
    return lambda gradient, step: velocity.mul_(factor).add_(gradient)


def _adam(like: Tensor) -> Step:
    mean, square = torch.zeros_like(like), torch.zeros_like(like)
    one, two = DECAYS

    def step(gradient: Tensor, i: int) -> Tensor:
        mean.mul_(one).add_((1 - one) * gradient)
        square.mul_(two).add_((1 - two) * gradient**2)
        return (mean / (1 - one**i)) / ((square / (1 - two**i)).sqrt() + TINY)

    return step


def _ends(weights: Tensor) -> Ends:
    """Gradient and curvature where gradient descent ended without all four corners right."""
    lowest: list[float] = []
    highest: list[float] = []
    for each in weights:
        curvature = torch.autograd.functional.hessian(lambda one: losses(one[None])[0], each)
        eigenvalues: Array = torch.linalg.eigvalsh(curvature).numpy()
        lowest.append(float(eigenvalues[0]))
        highest.append(float(eigenvalues[-1]))
    gradient = torch.autograd.functional.jacobian(lambda every: losses(every).sum(), weights)
    return Ends(
        loss=losses(weights).tolist(),
        gradient=gradient.norm(dim=1).tolist(),
        lowest=lowest,
        highest=highest,
        downhill=sum(each < -CURVED for each in lowest),
    )
