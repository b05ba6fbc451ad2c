"""The `features` of params.yaml: what a pretrained network makes of a dataset's images."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from nnlabs.core.fields import Count, Flag, Frozen, Whole

Backbone = Literal["mobilenet_v2", "resnet18", "resnet50"]
STAGES: dict[str, int] = {"mobilenet_v2": 19, "resnet18": 5, "resnet50": 5}
"""How many stages a backbone has before its output, which is as many as can be frozen."""
SHARED = ("backbone", "frozen", "size", "flip")
"""What a variant on features takes from them."""


ALL = "all"
"""In place of how many stages are frozen: as many as the backbone has."""


def _all_stages(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str):
        if value != ALL:
            raise ValueError(f"a whole number of stages, or {ALL}")
        return STAGES.get(info.data.get("backbone", ""), 0)  # an unknown backbone is told of by itself
    return value


FrozenStages = Annotated[Whole, Field(ge=0), BeforeValidator(_all_stages)]
"""A field after `backbone`."""


class FeatureSettings(Frozen):
    """Activations of a pretrained backbone's first stages, computed once and kept as a dataset."""

    dataset: str
    """Whose images they are made from."""
    backbone: Backbone
    frozen: FrozenStages
    """The first so many stages, or `all`, are computed here and never trained; with 0 the images stay as they are."""
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
