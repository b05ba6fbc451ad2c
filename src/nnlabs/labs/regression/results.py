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


@dataclass(frozen=True)
class Results:
    curves: dict[str, Learned]
    """`sigmoid` and `cosine`."""
