"""What the filter and the learned convolution left for the page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kernel:
    """A filter of 3 x 3, and what a convolution learned of it."""

    kind: str
    """Which change it answers to: horizontal, from left to right, or vertical, from top to bottom."""
    filter: list[list[float]]
    learned: list[list[float]]
    error: float
    """The largest difference of a weight."""


@dataclass(frozen=True)
class Results:
    images: int
    """Shown to the convolution."""
    steps: int
    kernels: list[Kernel]
    labels: list[str]
    """Classes of the images on the page."""

    @property
    def largest_error(self) -> float:
        """Of a weight of any kernel."""
        return max(kernel.error for kernel in self.kernels)
