"""Pretrained networks as rows of stages, so that they can be cut: the first are frozen, the rest is trained.

A stage has its number as name (`0.`, `1.`, ...) and within it torchvision's names.
"""

import io
import re
from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from nnlabs.core.errors import UserError, said
from nnlabs.models import mobilenet, resnet
from nnlabs.models.layers import Normalize
from nnlabs.models.pretrained import STAGES

SIZE = 224
"""Side of the images that all of them were trained on, pixels."""
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's channels: what the weights expect to be normalised with."""
CHANNELS = {"mobilenet_v2": mobilenet.LAST, "resnet18": 512, "resnet50": 2048}
"""What the last stage gives to the output."""
NAMES = {
    "mobilenet_v2": ((r"features\.(\d+)\.", r"\1."),),
    "resnet": ((r"(conv1|bn1)\.", r"0.\1."), (r"layer(\d)\.", r"\1.")),
}
"""How torchvision's names of a family begin, and ours in their place; its output's name fits none."""


def stages(backbone: str) -> list[nn.Module]:
    """All stages before the output, with fresh weights."""
    if backbone == "mobilenet_v2":
        return mobilenet.stages()
    settings = resnet.Settings.model_validate({"depth": int(backbone.removeprefix("resnet")), "stem": "large"})
    network = resnet.ResNet(settings, (3, SIZE, SIZE), 1, MEAN, STD)
    stem = OrderedDict(conv1=network.conv1, bn1=network.bn1, relu=nn.ReLU(inplace=True), maxpool=network.maxpool)
    return [nn.Sequential(stem), network.layer1, network.layer2, network.layer3, network.layer4]


def part(backbone: str, first: int, end: int | None = None) -> nn.Sequential:
    """The stages from `first` up to `end`, each under its number."""
    numbered = list(enumerate(stages(backbone)))[first:end]
    return nn.Sequential(OrderedDict((str(i), stage) for i, stage in numbered))


def read(backbone: str, content: bytes) -> dict[str, Tensor]:
    """The state of all stages from torchvision's weights file; nothing in it is executed.

    Raises
    ------
    UserError
        Where it is no such file, or not of this network.
    """
    try:
        official = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        named = {_ours(backbone, name): tensor for name, tensor in official.items()}
    except Exception as error:  # torch raises whatever damaged bytes lead to
        raise UserError(f"the weights of {backbone} are no file of tensors ({said(error)})") from None
    whole = part(backbone, 0)
    try:
        whole.load_state_dict({name: tensor for name, tensor in named.items() if name})
    except RuntimeError as error:
        raise UserError(f"the weights file is not torchvision's {backbone}: {said(error)}") from None
    return dict(whole.state_dict())


def _ours(backbone: str, name: str) -> str:
    """A parameter's name in our row of stages; empty for the output's."""
    for theirs, ours in NAMES["resnet" if backbone.startswith("resnet") else backbone]:
        if re.match(theirs, name):
            return re.sub(f"^{theirs}", ours, name)
    return ""


class Entrance(nn.Module):
    """Bytes to what the backbone was trained on: normalised, and of the given side."""

    def __init__(self, mean: Sequence[float], std: Sequence[float], size: int) -> None:
        super().__init__()
        self.normalize = Normalize(mean, std)
        self.size = size

    def forward(self, images: Tensor) -> Tensor:  # N x 3 x H x W, uint8 -> N x 3 x size x size
        x: Tensor = self.normalize(images).contiguous(memory_format=torch.channels_last)
        if x.shape[-2:] == (self.size, self.size):
            return x
        smaller = min(x.shape[-2:]) > self.size  # then each new pixel is the mean of all that it covers
        x = F.interpolate(x, size=(self.size, self.size), mode="bilinear", antialias=smaller)
        return x


class FrozenStages(nn.Module):
    """A backbone's first stages, from images to activations: nothing of it is trained.

    It stays in evaluation mode: batch normalisation takes the statistics of pretraining, and
    keeps them. Where no stage is left, the activations are averaged over the image, which is
    what the output reads.
    """

    def __init__(self, backbone: str, frozen: int, mean: Sequence[float], std: Sequence[float], size: int) -> None:
        super().__init__()
        self.entrance = Entrance(mean, std, size)
        self.stages = part(backbone, 0, frozen)
        self.pooled = frozen == STAGES[backbone]
        self.requires_grad_(False)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.eval()

    def train(self, mode: bool = True) -> "FrozenStages":
        return super().train(False)

    def load(self, state: dict[str, Tensor]) -> None:
        """Take the stages' weights out of those of the whole backbone."""
        self.stages.load_state_dict(own(state, self.stages))

    def fold(self) -> None:
        """Put every batch normalisation into the convolution before it: the same function in half the passes."""
        for module in list(self.modules()):
            for (name, layer), (after, norm) in pairwise(list(module.named_children())):
                if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                    setattr(module, name, fuse_conv_bn_eval(layer, norm))
                    setattr(module, after, nn.Identity())

    def forward(self, images: Tensor) -> Tensor:  # N x 3 x H x W, uint8 -> N x C x H' x W'
        x: Tensor = self.stages(self.entrance(images))
        if self.pooled:
            x = x.mean((2, 3), keepdim=True)
        return x


def own(state: dict[str, Tensor], stages: nn.Module) -> dict[str, Tensor]:
    """Those of the whole backbone's tensors that belong to these stages."""
    names = stages.state_dict().keys()
    return {name: tensor for name, tensor in state.items() if name in names}
