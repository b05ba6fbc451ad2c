"""The points that both networks learn from, and how far they are from the curve."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnlabs.labs.regression.results import Learned
from nnlabs.labs.regression.settings import Curve
from nnlabs.scratch.arrays import Array


def points(settings: Curve) -> Array:
    """Distinct x: evenly from -limit up to, but not reaching, limit."""
    return (2 * np.arange(settings.points) / settings.points - 1) * settings.limit


def streams(seed: int) -> tuple[np.random.Generator, np.random.Generator]:
    """Of the noise and of the weights."""
    noise, weights = np.random.SeedSequence(seed).spawn(2)
    return np.random.default_rng(noise), np.random.default_rng(weights)


def rms(errors: Array) -> float:
    return float(np.sqrt(np.mean(errors**2)))


@dataclass(frozen=True)
class Seen:
    """What one seed sees."""

    x: Array
    """Each distinct x as often as it is repeated."""
    y: Array
    variance: float
    """Mean square of the noise as it was drawn: the true function's own error."""
    floor: float
    """Mean square around the mean of the points with equal x: no function has less."""


def drawn(settings: Curve, truth: Array, noise: np.random.Generator) -> Seen:
    """Noisy values at the distinct x, of which `truth` are the true ones."""
    x, exact = points(settings).repeat(settings.repeats), truth.repeat(settings.repeats)
    y = exact + noise.normal(scale=settings.noise, size=x.size)
    groups = y.reshape(-1, settings.repeats)
    floor = float(((groups - groups.mean(axis=1, keepdims=True)) ** 2).mean())
    return Seen(x, y, float(((y - exact) ** 2).mean()), floor)


@dataclass(frozen=True)
class Run:
    """One seed's training."""

    seen: Seen
    curves: list[Array]
    """At the distinct x, after each snapshot."""
    losses: dict[int, float]
    """By iteration, the last among them."""


def learned(settings: Curve, truth: Array, runs: Sequence[Run], parameters: int) -> Learned:
    errors = [[rms(curve - truth) for curve in run.curves] for run in runs]
    last = [each[-1] for each in errors]
    return Learned(
        errors=errors,
        mean_error=float(np.mean(last)),
        worst_error=max(last),
        parameters=parameters,
        noise=settings.noise,
        variances=[run.seen.variance for run in runs],
        floors=[run.seen.floor for run in runs],
        losses=[run.losses[max(run.losses)] for run in runs],
    )


def kept(name: str, settings: Curve, truth: Array, run: Run) -> dict[str, Array]:
    """What the figures of the first seed show."""
    return {
        f"{name}.x": points(settings),
        f"{name}.truth": truth,
        f"{name}.curves": np.array(run.curves),
        f"{name}.seen": run.seen.x,
        f"{name}.y": run.seen.y,
        f"{name}.iterations": np.array(list(run.losses)),
        f"{name}.losses": np.array(list(run.losses.values())),
    }
