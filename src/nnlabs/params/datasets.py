"""The `datasets` of params.yaml: images, and a text."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nnlabs.params.fields import Count, Frozen, Number, Seed


class Dataset(Frozen):
    """How prepared arrays are made from an origin's official training and test sets."""

    origin: Literal["mnist", "fashion-mnist", "cifar10"]
    seed: Seed
    """Draws the validation split, and which images stay where `train_per_class` cuts."""
    validation: Annotated[Number, Field(gt=0)]
    """Validation images carved from the training set: how many, or below 1 which part."""
    classes: tuple[str, ...] | None = None
    """The class names to keep, relabelled in this order; all where absent."""
    train_per_class: Count | None = None
    """Training images a class that are kept, validation included; all where absent."""
    test_per_class: Count | None = None

    @model_validator(mode="after")
    def _whole_images(self) -> Self:
        if self.validation >= 1 and self.validation % 1:
            raise ValueError(f"validation: {self.validation} found; allowed: a whole number, or a part below 1")
        return self


class Text(Frozen):
    """How a text becomes numbered words."""

    origin: Literal["speeches"]
    min_count: Count
    """Words seen less often are left out of the text: there is too little to learn them from."""


AnyDataset = Annotated[Dataset | Text, Field(discriminator="origin")]
