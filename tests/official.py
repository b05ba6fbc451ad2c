"""Networks and weights files of torchvision's exact keys, with made weights."""

import hashlib
import io

import torch
from torch import nn

from nnlabs.models.vision import torchvision


def network(backbone: str, seed: int = 0) -> nn.Module:
    """Torchvision's network, with statistics of batch normalisation that are not those of the start."""
    torch.manual_seed(seed)
    made: nn.Module = getattr(torchvision.models, backbone)()
    for layer in made.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, std=0.3)
            layer.running_mean.normal_(std=0.3)  # type: ignore[union-attr]
            layer.running_var.uniform_(0.5, 1.5)  # type: ignore[union-attr]
    return made.eval()


def file(backbone: str, seed: int = 0) -> tuple[bytes, str]:
    """A weights file as torchvision's are, and its sha256."""
    content = io.BytesIO()
    torch.save(network(backbone, seed).state_dict(), content)
    return content.getvalue(), hashlib.sha256(content.getvalue()).hexdigest()
