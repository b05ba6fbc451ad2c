"""What `cars` computes beside its variants."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Yardstick:
    """A model without layers, on principal components of the pixels; scores are macro-F1, parts of 1."""

    name: str
    strength: float
    """C, chosen on validation."""
    validation: float
    test: float
    interval: float
    """Half width of the 95 % interval over test images; there is no seed."""


@dataclass(frozen=True)
class Results:
    components: int
    explained: float
    """Part of the pixels' variance that the components keep."""
    yardsticks: list[Yardstick]
    """The linear model, then the one with a kernel."""

    @property
    def best(self) -> Yardstick:
        """By validation."""
        return max(self.yardsticks, key=lambda each: each.validation)
