"""The `datasets` of params.yaml: images, and a text; and `features`, which are made from images."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nnlabs.core.fields import Count, Flag, Frozen, Number, Seed, Whole


class Dataset(Frozen):
    """How prepared arrays are made from an origin's official training and test sets."""

    origin: Literal["mnist", "fashion-mnist", "cifar10", "cifar100", "afhq", "dogs70", "cars"]
    seed: Seed
    """Draws the validation split, and which images stay where `train_per_class` cuts."""
    validation: Annotated[Number, Field(gt=0)] | None = None
    """Validation images carved from the training set: how many, or below 1 which part. Absent: the origin's own."""
    classes: tuple[str, ...] | None = None
    """The classes to keep, relabelled in this order; all where absent."""
    groups: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] | None = None
    """In place of `classes`: new classes by name, each of several of the origin's in equal parts."""
    train_per_class: Count | None = None
    """Training images a class that are kept, validation included; all where absent."""
    test_per_class: Count | None = None
    size: Count | None = None
    """Side that pictures are resized to, pixels: for origins whose pictures differ in size."""
    crop_to_box: Flag = False
    """Cut each picture to its annotated box first, where the origin has boxes."""

    @model_validator(mode="after")
    def _whole_images(self) -> Self:
        if self.validation is not None and self.validation >= 1 and self.validation % 1:
            raise ValueError(f"validation: {self.validation} found; allowed: a whole number, or a part below 1")
        if self.classes and self.groups:
            raise ValueError("classes and groups exclude each other")
        return self


class Text(Frozen):
    """How a text becomes numbered words."""

    origin: Literal["speeches"]
    min_count: Count
    """Words seen less often are left out of the text: there is too little to learn them from."""


AnyDataset = Annotated[Dataset | Text, Field(discriminator="origin")]


Backbone = Literal["mobilenet_v2", "resnet18", "resnet50"]
STAGES: dict[str, int] = {"mobilenet_v2": 19, "resnet18": 5, "resnet50": 5}
"""How many stages a backbone has before its output, which is as many as can be frozen."""


class Features(Frozen):
    """Activations of a pretrained backbone's first stages, computed once and kept as a dataset."""

    dataset: str
    """Whose images they are made from."""
    backbone: Backbone
    frozen: Annotated[Whole, Field(ge=0)]
    """The first so many stages are computed here and never trained; with 0 the images are kept as they are."""
    size: Count | None = None
    """Side that images are resized to, pixels; what the weights were trained with where absent."""
    flip: Flag = False
    """Keep the activations of the mirrored training images too, and train on either, drawn anew each epoch."""
    threads: Annotated[Count, Field(le=64)] = 1
    """To compute with; the last bits depend on it."""

    @model_validator(mode="after")
    def _within_the_backbone(self) -> Self:
        if self.frozen > STAGES[self.backbone]:
            raise ValueError(f"frozen: {self.frozen} found; {self.backbone} has {STAGES[self.backbone]} stages")
        return self


SHARED = ("backbone", "frozen", "size", "flip")
"""What a transfer arm takes from its features."""
