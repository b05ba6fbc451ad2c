"""What `labs.gradients` of params.yaml may say."""

from typing import Annotated, Literal

from pydantic import Field

from nnlabs.core.fields import Count, Frozen, Rate, Seeds


class Settings(Frozen):
    depths: Annotated[tuple[Count, ...], Field(min_length=1)]
    """Numbers of hidden layers."""
    width: Count
    """Units of each."""
    initialisations: Annotated[tuple[Literal["normal", "xavier", "he", "lecun"], ...], Field(min_length=1)]
    activations: Annotated[tuple[Literal["sigmoid", "tanh", "relu"], ...], Field(min_length=1)]
    batch_size: Annotated[Count, Field(ge=2)]
    """One image alone has no standard deviation to be normalised by."""
    steps: Count
    """Of training, after which the norms are measured again."""
    lr: Rate
    seeds: Seeds

    def modules(self) -> tuple[str, ...]:
        """What the computation imports by name."""
        return tuple(f"nnlabs.scratch.activations.{each}" for each in self.activations)
