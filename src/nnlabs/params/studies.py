"""The `studies` of params.yaml: what looks into networks by hand on real data."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nnlabs.params.exercises import Method, Seeds
from nnlabs.core.fields import Count, Frozen, Rate, Seed


class Gradients(Frozen):
    dataset: str
    depths: Annotated[tuple[Count, ...], Field(min_length=1)]
    """Numbers of hidden layers."""
    width: Count
    """Units of each."""
    initialisations: Annotated[tuple[Literal["normal", "xavier", "he", "lecun"], ...], Field(min_length=1)]
    activations: Annotated[tuple[Literal["sigmoid", "tanh", "relu"], ...], Field(min_length=1)]
    batch_size: Annotated[Count, Field(ge=2)]
    """One image alone has no deviation to be normalised by."""
    steps: Count
    """Of training, after which the norms are measured again."""
    lr: Rate
    seeds: Seeds


class ByHand(Frozen):
    dataset: str
    images: Count
    """Training images: the first of the training part."""
    channels: tuple[Count, Count]
    """Of the two convolutions."""
    kernel: Count
    batch_size: Count
    epochs: Count
    optimizer: Method
    lr: Rate
    compared_steps: Count
    """First steps whose losses are compared with PyTorch's."""
    seeds: Seeds


class Sobel(Frozen):
    dataset: str
    images: Count
    """Images to learn the filter from."""
    shown: Count
    """Images on the page, the first of the validation part."""
    steps: Count
    batch_size: Count
    lr: Rate
    seed: Seed

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.batch_size > self.images:
            raise ValueError(f"batch_size: {self.batch_size} found; allowed: up to images, {self.images}")
        return self


class Words(Frozen):
    """Skip-gram with negative sampling on a text, and what of its vectors is shown."""

    dataset: str
    dimensions: Count
    window: Count
    """Words to either side that a word is paired with at most; drawn anew from 1 to this for each word."""
    negatives: Count
    """Words drawn from the noise for each pair."""
    subsample: Rate
    """The part of all words from which on a word counts as frequent and is now and then left out."""
    epochs: Count
    lr: Rate
    """At the start; it falls linearly, to a ten-thousandth of itself."""
    seeds: Seeds
    neighbours: Annotated[tuple[str, ...], Field(min_length=1)]
    """Words whose nearest are listed, by the vectors of the first seed."""
    analogies: Annotated[tuple[tuple[str, str, str, str], ...], Field(min_length=1)]
    """Questions and expected answers that are shown: the first is to the second as the third to the fourth."""
    map: Annotated[dict[str, Annotated[tuple[str, ...], Field(min_length=1)]], Field(min_length=1, max_length=7)]
    """The words of the map, in groups that get a colour each."""


class Studies(Frozen):
    """All of them; one that is absent was removed, and its page with it."""

    gradients: Gradients | None = None
    byhand: ByHand | None = None
    sobel: Sobel | None = None
    words: Words | None = None
