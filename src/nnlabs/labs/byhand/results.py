"""What the two programs left for the page."""

from dataclasses import dataclass

ALLOWED = 1e-5
"""By which part the first losses of both may differ."""


@dataclass(frozen=True)
class Scores:
    """Accuracies after the last epoch, parts of 1."""

    validation: float
    test: float


@dataclass(frozen=True)
class Run:
    """Both programs with one seed."""

    seed: int
    apart: list[float]
    """The difference of the losses of the first steps, as a part of the loss."""
    numpy: Scores
    torch: Scores
    numpy_alone: int
    """Test images that the program in NumPy classifies rightly and PyTorch's wrongly."""
    torch_alone: int

    def scores(self, program: str) -> Scores:
        return {"numpy": self.numpy, "torch": self.torch}[program]


@dataclass(frozen=True)
class Check:
    """A layer or a loss beside PyTorch's; each number is the largest difference, as a part of the largest value."""

    name: str
    forward: float
    """Of the value."""
    autograd: float
    """Of the gradients."""
    differences: float
    """Of the gradients, to central differences."""


@dataclass(frozen=True)
class Layouts:
    """The fast layout beside the plain layers, on one batch in float64: likewise."""

    loss: float
    gradient: float


@dataclass(frozen=True)
class Results:
    shape: tuple[int, int, int]
    """Of an image: channels, height, width."""
    test_images: int
    images: int
    """Trained on."""
    epochs: int
    runs: list[Run]
    """One a seed."""
    sizes: dict[str, list[int]]
    """Shape of each parameter, in the order of the layers."""
    layers: list[Check]
    losses: list[Check]
    layouts: Layouts

    @property
    def largest_error_to_autograd(self) -> float:
        return max(check.autograd for check in (*self.layers, *self.losses))

    @property
    def largest_error_to_differences(self) -> float:
        return max(check.differences for check in (*self.layers, *self.losses))
