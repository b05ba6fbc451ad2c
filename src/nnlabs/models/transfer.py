"""Transfer: the rest of a pretrained backbone and a new output, on what its frozen stages have computed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from nnlabs import config as params
from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.models import backbones
from nnlabs.models.layers import Dropout


class Transfer(nn.Module):
    """The stages that are not frozen, an average over the image, (dropout), and a linear output.

    The stages' weights are fresh until `prepare` or a trained state gives them others. With
    frozen: 0 the network takes images, uint8, otherwise activations.
    """

    def __init__(
        self,
        arm: params.Transfer,
        shape: Sequence[int],
        classes: int,
        mean: Sequence[float],
        deviation: Sequence[float],
    ) -> None:
        super().__init__()
        self.features = arm.dataset
        self.entrance = backbones.Entrance(mean, deviation, arm.size or backbones.SIZE) if arm.frozen == 0 else None
        self.backbone = backbones.part(arm.backbone, arm.frozen)
        self.dropout = Dropout(arm.dropout)
        self.output = nn.Linear(backbones.CHANNELS[arm.backbone], classes)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def prepare(self, sample: Callable[[int], Tensor]) -> None:
        """Begin with the pretrained weights, which the features stage left beside its activations."""
        self.backbone.load_state_dict(backbones.own(pretrained(paths.backbone(self.features)), self.backbone))

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
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise UserError(f"{path} cannot be read ({error}); `dvc repro features@{path.parent.name}` makes it") from None


def whole(network: Transfer, config: dict[str, Any], backbone: Path) -> nn.Module:
    """Put the frozen stages before a trained rest: a network that takes images, N x 3 x H x W, uint8.

    `network` and `config` are what `restore` gives, `backbone` the features' `backbone.safetensors`.
    Between the two, activations are not rounded to float16 as those that the rest was trained on.
    """
    arm = config["arm"]
    if not arm["frozen"]:
        return network.eval()
    size = arm["size"] or backbones.SIZE
    frozen = backbones.Frozen(arm["backbone"], arm["frozen"], config["mean"], config["deviation"], size)
    frozen.load(pretrained(backbone))
    return nn.Sequential(frozen, network).eval()
