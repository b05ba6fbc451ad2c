"""Transfer: the rest of a pretrained backbone and a new output, on what its frozen stages have computed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from safetensors.torch import load
from torch import Tensor, nn

from nnlabs.core import paths, sealed
from nnlabs.core.errors import UserError, said
from nnlabs.core.fields import Count, Fraction, Rate
from nnlabs.models import backbones
from nnlabs.models.base import NetworkSettings, Recipe
from nnlabs.models.layers import Dropout
from nnlabs.models.pretrained import STAGES, Backbone, FrozenStages


class Settings(NetworkSettings):
    """`backbone`, `frozen` and `size` are those of the variant's features, and stand there alone."""

    on_features: ClassVar[bool] = True
    backbone: Backbone
    frozen: FrozenStages
    size: Count | None = None
    backbone_lr: Rate | None = None
    """Learning rate of the pretrained layers; `lr` for all where absent."""
    dropout: Fraction = 0.0
    """Before the new output."""

    def check(self, training: Recipe) -> None:
        super().check(training)
        if training.mean is not None:
            raise ValueError("mean and std are those of the pretrained weights")
        if training.proxy:
            raise ValueError("proxy is for networks that begin with fresh weights")
        if self.frozen and (training.crop or training.tta_flip):
            raise ValueError("crop and tta_flip need images, so frozen: 0")
        if self.frozen and training.flip and training.fit == "train+validation":
            raise ValueError("fit: train+validation needs flip: false: validation activations are of one view")
        if self.backbone_lr and (self.frozen == STAGES[self.backbone] or training.optimizer == "muon"):
            raise ValueError("backbone_lr belongs to pretrained layers that are trained, and not to muon")


class Transfer(nn.Module):
    """The stages that are not frozen, an average over the image, (dropout), and a linear output.

    The stages' weights are fresh until `prepare` or a trained state gives them others. With
    frozen: 0 the network takes images, uint8, otherwise activations.
    """

    def __init__(
        self,
        settings: Settings,
        shape: Sequence[int],
        classes: int,
        mean: Sequence[float],
        std: Sequence[float],
    ) -> None:
        super().__init__()
        self.backbone_lr = settings.backbone_lr
        self.entrance = backbones.Entrance(mean, std, settings.size or backbones.SIZE) if settings.frozen == 0 else None
        self.backbone = backbones.part(settings.backbone, settings.frozen)
        self.dropout = Dropout(settings.dropout)
        self.output = nn.Linear(backbones.CHANNELS[settings.backbone], classes)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def prepare(self, sample: Callable[[int], Tensor], dataset: str) -> None:
        """Begin with the pretrained weights, which the features stage left beside its activations."""
        self.backbone.load_state_dict(backbones.own(pretrained(paths.backbone(dataset)), self.backbone))

    def parameter_groups(self) -> list[dict[str, Any]]:
        """The pretrained layers apart, where they have a learning rate of their own."""
        output = list(self.output.parameters())
        if self.backbone_lr is None:
            return [{"params": [*self.backbone.parameters(), *output]}]
        return [{"params": list(self.backbone.parameters()), "lr": self.backbone_lr}, {"params": output}]

    def forward(self, x: Tensor) -> Tensor:  # N x C x H x W, float16; or images, uint8
        x = self.entrance(x) if self.entrance else x.to(self.output.weight.dtype)
        x = self.backbone(x.contiguous(memory_format=torch.channels_last))  # N x C' x H' x W'
        logits: Tensor = self.output(self.dropout(x.mean((2, 3))))  # N x classes
        return logits


build = Transfer


def pretrained(path: Path) -> dict[str, Tensor]:
    """The state of all of a backbone's stages.

    Raises
    ------
    UserError
        Where the file is missing or damaged, naming the stage that makes it.
    """
    try:
        content, _ = sealed.read(path)
    except (OSError, ValueError) as error:
        stage = f"features@{path.parent.name}"
        raise UserError(f"{path} cannot be read ({said(error)}); `dvc repro {stage}` makes it") from None
    return load(content)


def whole(network: Transfer, config: dict[str, Any], backbone: Path) -> nn.Module:
    """Put the frozen stages before a trained rest: a network that takes images, N x 3 x H x W, uint8.

    `network` and `config` are what `restore` gives, `backbone` the features' `backbone.safetensors`.
    Between the two, activations are not rounded to float16 as those that the rest was trained on.
    """
    settings = Settings.model_validate(config["variant"]["network"])
    if not settings.frozen:
        return network.eval()
    size = settings.size or backbones.SIZE
    frozen = backbones.FrozenStages(settings.backbone, settings.frozen, config["mean"], config["std"], size)
    frozen.load(pretrained(backbone))
    return nn.Sequential(frozen, network).eval()
