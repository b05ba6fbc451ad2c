"""The layers of a network with the shapes that come out of them: what a drawing of it needs."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from nnlabs.models.layers import Dropout

BASES: dict[type[nn.Module], tuple[str, ...]] = {
    nn.Conv2d: ("kernel_size", "stride", "groups"),
    nn.Linear: (),
    nn.MaxPool2d: ("kernel_size", "stride"),
    nn.BatchNorm1d: (),
    nn.BatchNorm2d: (),
    Dropout: ("p",),
}
"""Layers that are told by their base class, and what else is told of them."""


@torch.inference_mode()
def layers(network: nn.Module, image: Tensor) -> list[dict[str, Any]]:  # 1 x C x H x W
    """Of every layer, in the order in which one image passes them: `kind`, `inputs`, `shape`, `parameters`.

    `kind` is the layer's class, `inputs` and `shape` are what goes in and comes out, without the batch, and
    `parameters` counts those of the layer, trained or not. A block of the project's own (a residual block, an Inception
    module) is one layer, a sequence is not. What is no module, such as a mean over the image, has no entry: it shows
    in `inputs`.
    """
    found: list[dict[str, Any]] = []

    def seen(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        parameters = sum(each.numel() for each in layer.parameters())
        shapes = {"inputs": list(inputs[0].shape[1:]), "shape": list(output.shape[1:])}
        found.append(_told(layer) | shapes | {"parameters": parameters})

    hooks = [each.register_forward_hook(seen) for each in dict.fromkeys(_parts(network))]
    try:
        network.eval()(image)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _parts(module: nn.Module) -> Iterator[nn.Module]:
    """The layers within a network or a sequence."""
    for child in module.children():
        if isinstance(child, nn.Sequential):
            yield from _parts(child)
        else:
            yield child


def _told(layer: nn.Module) -> dict[str, Any]:
    for base, told in BASES.items():
        if isinstance(layer, base):
            return {"kind": base.__name__} | {key: _one(getattr(layer, key)) for key in told}
    return {"kind": type(layer).__name__}


def _one(value: Any) -> Any:
    """One number for both sides where they agree, as they do in every network here."""
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value
