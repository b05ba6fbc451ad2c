"""VGG-style networks: sizes by hand, shapes, and images that are too small."""

from typing import Any

import pytest
import torch
from torch import nn

from nnlabs.core.errors import UserError
from nnlabs.models.vgg import VGG, Settings


def network(size: int = 32, **changes: Any) -> VGG:
    settings = {"blocks": [[8], [16, 16]], "hidden": [20]}
    return VGG(Settings.model_validate(settings | changes), (3, size, size), 10, [0.5] * 3, [0.25] * 3)


def test_parameters_by_hand() -> None:
    # convolutions without a bias, two numbers a channel for batch normalisation
    convolutions = (3 * 8 * 9 + 2 * 8) + (8 * 16 * 9 + 2 * 16) + (16 * 16 * 9 + 2 * 16)
    # 32 x 32 pixels halved twice: 16 channels of 8 x 8
    linear = (16 * 8 * 8 * 20 + 20) + (20 * 10 + 10)
    assert sum(p.numel() for p in network().parameters()) == convolutions + linear == 24_462


def test_without_batch_normalisation_the_convolutions_have_biases() -> None:
    model = network(batch_norm=False)
    # as many as the biases of normalisation, which had as many weights beside them
    assert sum(p.numel() for p in model.parameters()) == 24_462 - (8 + 16 + 16)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in model.modules())


def test_vgg16_has_the_published_number_of_parameters() -> None:
    blocks = [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]]
    published_as = {"blocks": blocks, "hidden": [4096, 4096], "batch_norm": False}
    with torch.device("meta"):
        model = network(size=224, **published_as)
    published = 138_357_544  # with 1000 classes
    assert sum(p.numel() for p in model.parameters()) == published - 990 * (4096 + 1)


def test_pooling_halves_an_odd_side_downwards() -> None:
    # 7 -> 3 -> 1: 16 channels of one pixel reach the hidden layer
    model = network(size=7)
    assert model.hidden[0].in_features == 16
    assert model(torch.zeros(2, 3, 7, 7, dtype=torch.uint8)).shape == (2, 10)


def test_dropout_is_only_for_training() -> None:
    torch.manual_seed(0)
    model = network(dropout=0.5)
    images = torch.randint(256, (4, 3, 32, 32), dtype=torch.uint8)
    assert not torch.equal(model(images), model(images))
    model.eval()
    assert torch.equal(model(images), model(images))


def test_more_blocks_than_the_image_can_be_halved_is_one_clear_error() -> None:
    with pytest.raises(UserError, match="3 poolings leave nothing of 7 x 7 pixels; allowed: at most 2"):
        network(size=7, blocks=[[8], [8], [8]])
