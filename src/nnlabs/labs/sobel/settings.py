"""What `labs.sobel` of params.yaml may say."""

from typing import Self

from pydantic import model_validator

from nnlabs.core.fields import Count, Frozen, Rate, Seeds


class Settings(Frozen):
    images: Count
    """Images to learn the filter from."""
    shown: Count
    """Images on the page, the first of the validation part."""
    steps: Count
    batch_size: Count
    lr: Rate
    seeds: Seeds
    """The first is the one that is drawn."""

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.batch_size > self.images:
            raise ValueError(f"batch_size: {self.batch_size} found; allowed: up to images, {self.images}")
        return self
