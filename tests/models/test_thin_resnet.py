"""ResNet-18's blocks behind a small stem, of any width."""

import torch

from nnlabs import models
from nnlabs.models.resnet import Basic, ResNet


def thin(width: int, blocks: int = 2) -> torch.nn.Module:
    family = models.family("thin_resnet")
    settings = family.Settings.model_validate({"width": width, "blocks": blocks})
    return family.build(settings, (3, 32, 32), 5, [0.5] * 3, [0.2] * 3)


def test_at_full_width_it_has_the_weights_of_resnet18() -> None:
    family = models.family("resnet")
    whole: ResNet = family.build(
        family.Settings.model_validate({"depth": 18, "stem": "small"}), (3, 32, 32), 5, [0.5] * 3, [0.2] * 3
    )
    shapes = sorted(tuple(each.shape) for each in whole.parameters())
    assert sorted(tuple(each.shape) for each in thin(64).parameters()) == shapes


def test_it_halves_the_image_three_times_and_takes_any_size() -> None:
    network = thin(4, blocks=1).eval()
    sides = []
    for layer in network.layers:
        layer.register_forward_hook(lambda _, __, out: sides.append((out.shape[1], out.shape[-1])))
    images = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)
    assert network(images).shape == (2, 5)
    assert sides == [(4, 32), (8, 16), (16, 8), (32, 4)]
    assert network(images[..., :16, :16]).shape == (2, 5)
    assert sum(isinstance(each, Basic) for each in network.modules()) == 4
