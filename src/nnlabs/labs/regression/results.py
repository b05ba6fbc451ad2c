"""How well the curves were learned, for the page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Learned:
    """Root mean square errors to the true function."""

    errors: list[list[float]]
    """A row a seed, a column a snapshot."""
    mean_error: float
    """At the end, over the seeds."""
    worst_error: float
    """At the end, of the worst seed."""
    parameters: int
    noise: float
    """Standard deviation of what it learned from."""
    variances: list[float]
    """By seed, the squared error that the true function itself has to the points: the noise as it was drawn."""
    floors: list[float]
    """By seed, the lowest that any function can have: the points' variance around the mean of those with equal x."""
    losses: list[float]
    """By seed, the squared error at the end."""


@dataclass(frozen=True)
class Spikes:
    """How the cosine's loss jumps while Adam works, first seed."""

    constant: int
    """Jumps with the learning rate of the settings."""
    falling: int
    """With one that falls linearly to 0."""
    constant_loss: float
    """At the end, each."""
    falling_loss: float
    gradient: float
    """How many times shorter the gradient is in the quietest iteration than in the tenth."""
    step: float
    """And the step then."""


@dataclass(frozen=True)
class Results:
    curves: dict[str, Learned]
    """`sigmoid` and `cosine`."""
    spikes: Spikes
