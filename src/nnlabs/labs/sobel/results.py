"""What learning the filter left for the page."""

from dataclasses import dataclass

Matrix = list[list[float]]
KINDS = ("horizontal", "vertical")


@dataclass(frozen=True)
class Kernel:
    """One of Sobel's kernels, and what was learned from what it makes of images; 3 x 3."""

    filter: Matrix
    learned: Matrix
    """With the first seed."""
    errors: list[float]
    """The largest difference of a weight, of every seed."""


@dataclass(frozen=True)
class Results:
    images: int
    """That the kernels were learned from."""
    steps: int
    kernels: dict[str, Kernel]
    """By KINDS."""
    labels: list[str]
    """What the images of the page show."""

    @property
    def worst(self) -> float:
        """The largest difference of any weight, of all seeds."""
        return max(self.errors)

    @property
    def errors(self) -> list[float]:
        """The largest difference of any weight of both kernels, of every seed."""
        return [max(each) for each in zip(*(kernel.errors for kernel in self.kernels.values()), strict=True)]
