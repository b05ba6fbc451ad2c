"""How a variant is trained, and a variant whole: training, network and optimizer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from nnlabs import models
from nnlabs.core.errors import UserError
from nnlabs.core.fields import Count, Flag, Fraction, Frozen, Number, Rate, Seeds, Whole, one_of
from nnlabs.models.base import NetworkSettings
from nnlabs.training import optimizers
from nnlabs.training.base import OptimizerSettings

if TYPE_CHECKING:
    from torch import nn


Score = Literal["accuracy", "macro_f1"]
"""What a lab reports, and epochs and rates are therefore chosen by."""


class ProxySettings(Frozen):
    """Of a small network that picks what the variant's learns (`nnlabs.training.proxy`)."""

    keep: Annotated[Fraction, Field(gt=0)]
    """The part of the images that is learned: `batch_size` of `batch_size / keep`, those with the highest losses by the
    small network."""
    first_epoch: Count = 1
    """From when on; before, the small network only learns, and the variant's learns all images."""
    network: Annotated[dict[str, Any], Field(min_length=1)]
    """The settings in which the small network differs from the variant's."""
    lr: Rate | None = None
    """In place of the variant's `lr`."""
    shrink: Count = 1
    """The small network sees squares of so many pixels on a side as one."""

    def of(self, network: NetworkSettings) -> dict[str, Any]:
        """Settings of the small network beside one with these settings, not checked yet."""
        return network.model_dump() | self.network


class Training(Frozen):
    """What every variant has, whatever its network and its optimizer are."""

    batch_size: Annotated[Whole, Field(ge=2)]
    """A single image that is left over joins the batch before it: batch normalisation has no variance of one."""
    epochs: Count
    optimizer: Annotated[str, one_of(optimizers.names)]
    lr: Rate | None = None
    lr_grid: Annotated[tuple[Rate, ...], Field(min_length=2)] | None = None
    """In place of lr: each is tried on the first seed and the best on validation is kept."""
    schedule: Literal["constant", "cosine", "one_cycle"] = "constant"
    warmup: Fraction = 0.0
    """one_cycle only: the part of all epochs in which the rate rises."""
    label_smoothing: Fraction = 0.0
    flip: Flag = False
    """Mirror half of the images, drawn anew each epoch."""
    alternate_flip: Flag = False
    """With flip: mirror one half of the images and the other half by turns, epoch by epoch."""
    crop: Annotated[Whole, Field(ge=0)] = 0
    """Pad by this many pixels (reflected) and cut out a random window of the old size."""
    windows: Annotated[tuple[Annotated[Count, Field(ge=16)], ...], Field(min_length=1)] | None = None
    """Sides of the window, at a random place, that is seen of a training image in equal parts of the epochs, pixels: a
    part of an image costs less, and whole ones at the end are what the network is evaluated on. Only for networks that
    take images of any size."""
    proxy: ProxySettings | None = None
    """Draw more images for a batch, and learn those alone that a small network beside this one finds hardest."""
    ema_decay: Annotated[Fraction, Field(gt=0)] | None = None
    """Validate and keep a running mean of the weights instead of the last ones; a step leaves so much of it as it was
    (exponential moving average)."""
    tta_flip: Flag = False
    """Evaluate on the image and its mirror image and average the logits (test-time augmentation)."""
    tta_shift: Annotated[Whole, Field(ge=0)] = 0
    """Evaluate also on the image moved towards each corner by one pixel, by two and up to so many, border reflected,
    and average the logits."""
    mean: tuple[Number, ...] | None = None
    """Channel means that the input is normalised with; the training part's own where absent."""
    std: tuple[Rate, ...] | None = None
    """Standard deviations of the channels, likewise."""
    patience: Count | None = None
    """Stop after so many epochs without a better score on validation; the best epoch's weights are kept either way."""
    fit: Literal["train", "train+validation"] = "train"
    """train+validation: once every choice is fixed, learn from both and keep the last epoch's weights."""
    seeds: Seeds
    threads: Annotated[Count, Field(le=64)] = 1

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.lr is None) == (self.lr_grid is None):
            raise ValueError("exactly one of lr and lr_grid is needed")
        if self.lr_grid and len(set(self.lr_grid)) < len(self.lr_grid):
            raise ValueError("lr_grid: a rate is there twice")
        if self.warmup and self.schedule != "one_cycle":
            raise ValueError(f"warmup belongs to one_cycle, not to {self.schedule}")
        if self.alternate_flip and not self.flip:
            raise ValueError("alternate_flip needs flip")
        if self.windows and len(self.windows) > self.epochs:
            raise ValueError(f"windows has {len(self.windows)} parts; allowed: at most one an epoch, {self.epochs}")
        if self.proxy and self.proxy.first_epoch > self.epochs:
            first = self.proxy.first_epoch
            raise ValueError(f"proxy.first_epoch: {first} found; allowed: at most {self.epochs}, the epochs")
        if (self.mean is None) != (self.std is None):
            raise ValueError("mean and std come together")
        if self.fit == "train+validation" and (self.lr_grid or self.patience):
            raise ValueError("fit: train+validation leaves no validation images, which lr_grid and patience choose on")
        return self

    def picks(self, epoch: int) -> bool:
        """Whether the images to learn are picked by the proxy in this epoch."""
        return self.proxy is not None and epoch >= self.proxy.first_epoch

    def drawn(self, epoch: int) -> int:
        """How many images a batch of this epoch begins with; `batch_size` of them are learned."""
        return round(self.batch_size / self.proxy.keep) if self.proxy and self.picks(epoch) else self.batch_size

    @property
    def rates(self) -> tuple[float, ...]:
        """The learning rates to try; one where lr is given."""
        return self.lr_grid or (self.lr,)  # type: ignore[return-value]


@dataclass(frozen=True)
class Variant:
    """A variant of params.yaml with every value settled.

    Raises
    ------
    ValueError
        Where the network cannot be trained as `training` says.
    """

    id: str
    lab: str
    dataset: str
    model: str
    """The family of its network, a name out of `models.names()`."""
    training: Training
    network: NetworkSettings
    algorithm: OptimizerSettings
    """Settings of the optimizer that `training.optimizer` names."""
    score: Score = "accuracy"
    """What the lab reports: the best epoch and the best rate have most of it on validation."""

    def __post_init__(self) -> None:
        self.network.check(self.training)

    def parameters(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        parts = {"training": self.training, "network": self.network, "algorithm": self.algorithm}
        return {
            **{"id": self.id, "lab": self.lab, "dataset": self.dataset, "model": self.model},
            **{name: part.model_dump(mode="json") for name, part in parts.items()},
            **({"score": self.score} if self.score != "accuracy" else {}),  # the usual one is not mentioned
        }

    @property
    def small(self) -> "Variant":
        """The variant whose network is the one that `proxy` asks for; itself where it does not.

        Raises
        ------
        ValidationError
            Where there is no such network.
        """
        if self.training.proxy is None:
            return self
        network = type(self.network).model_validate(self.training.proxy.of(self.network))
        # what it sees was moved before, and nothing is evaluated or kept
        training = self.training.model_copy(update={"crop": 0, "tta_shift": 0, "ema_decay": None})
        return replace(self, network=network, training=training)

    @classmethod
    def of(cls, parameters: dict[str, Any]) -> "Variant":
        """The variant that gave these `parameters()`; only its own family and optimizer are imported."""
        training = Training.model_validate(parameters["training"])
        network = models.family(parameters["model"]).Settings.model_validate(parameters["network"])
        algorithm = optimizers.algorithm(training.optimizer).Settings.model_validate(parameters["algorithm"])
        named = {key: parameters[key] for key in ("id", "lab", "dataset", "model")}
        score = parameters.get("score", "accuracy")
        return cls(**named, training=training, network=network, algorithm=algorithm, score=score)

    def build(self, shape: Sequence[int], classes: int, mean: Sequence[float], std: Sequence[float]) -> "nn.Module":
        """Make the network with fresh weights; it normalises with the data's mean and std or with the variant's own.

        Raises
        ------
        UserError
            Where images of this shape (C, H, W) cannot be trained on as `training` says.
        """
        self._fits(*shape)
        mean, std = self.training.mean or mean, self.training.std or std
        network: nn.Module = models.family(self.model).build(self.network, shape, classes, mean, std)
        return network

    def _fits(self, channels: int, height: int, width: int) -> None:
        """Images of this size can be moved as far as is asked, and there is a mean for each channel.

        Raises
        ------
        UserError
            Naming the knob and what these images allow.
        """
        most = min(height, width) - 1  # pixels that a border reflects
        for knob, pixels in (("crop", self.training.crop), ("tta_shift", self.training.tta_shift)):
            if pixels > most:
                found = f"params.yaml: variants.{self.id}.{knob}: {pixels} found"
                raise UserError(f"{found}; images of {height} x {width} pixels allow at most {most}")
        for knob, values in (("mean", self.training.mean), ("std", self.training.std)):
            if values is not None and len(values) != channels:
                found = f"params.yaml: variants.{self.id}.{knob}: {len(values)} found"
                raise UserError(f"{found}; the images of {self.dataset} have {channels} channels, each needs one")
