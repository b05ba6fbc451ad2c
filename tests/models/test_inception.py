"""Inception-style networks: GoogLeNet's first module by hand, shapes, and images that are too small."""

from typing import Any

import pytest
import torch
from pydantic import ValidationError

from nnlabs.core.errors import UserError
from nnlabs.models.inception import Inception, Module, Settings


def network(size: int = 32, **changes: Any) -> Inception:
    settings = {"stem": 16, "blocks": [[32], [64, 64]]}
    return Inception(Settings.model_validate(settings | changes), (3, size, size), 10, [0.5] * 3, [0.25] * 3)


def _parameters(inputs: int, outputs: int) -> int:
    """Of one module, by hand: weights of the convolutions, and two numbers a channel for batch normalisation."""
    part = outputs // 16
    one = inputs * 4 * part + 2 * 4 * part
    three = inputs * 6 * part + 2 * 6 * part + 6 * part * 8 * part * 9 + 2 * 8 * part
    five = inputs * part + 2 * part + part * 2 * part * 25 + 2 * 2 * part
    pooled = inputs * 2 * part + 2 * 2 * part
    return one + three + five + pooled


def test_googlenets_first_module_by_hand() -> None:
    module = Module(192, 256)
    convolutions = [p for p in module.parameters() if p.ndim == 4]
    # Szegedy et al. 2015, table 1, inception (3a): 64; 96, 128; 16, 32; 32
    assert [tuple(p.shape[:2]) for p in convolutions] == [
        (64, 192),
        (96, 192),
        (128, 96),
        (16, 192),
        (32, 16),
        (32, 192),
    ]
    # 192 (64 + 96 + 16 + 32) + 96 x 128 x 9 + 16 x 32 x 25: the table's "159K", without biases 163,328
    assert sum(p.numel() for p in convolutions) == 192 * 208 + 96 * 128 * 9 + 16 * 32 * 25 == 163_328


def test_parameters_by_hand() -> None:
    stem = 3 * 16 * 9 + 2 * 16
    modules = _parameters(16, 32) + _parameters(32, 64) + _parameters(64, 64)
    assert sum(p.numel() for p in network().parameters()) == stem + modules + 64 * 10 + 10


def test_the_branches_stand_side_by_side() -> None:
    torch.manual_seed(0)
    module = Module(16, 32).eval()
    x = torch.randn(2, 16, 5, 5)
    y = module(x)
    assert y.shape == (2, 32, 5, 5)
    for branch, at in ((module.one, 0), (module.three, 8), (module.five, 24), (module.pooled, 28)):
        part = branch(x)
        torch.testing.assert_close(y[:, at : at + part.shape[1]], part, rtol=0, atol=0)


def test_a_pooling_stands_between_blocks_and_none_at_the_end() -> None:
    model, seen = network(), []
    model.blocks.register_forward_hook(lambda _module, _inputs, output: seen.append(tuple(output.shape)))
    assert model(torch.zeros(2, 3, 32, 32, dtype=torch.uint8)).shape == (2, 10)
    assert seen == [(2, 64, 16, 16)]


def test_more_blocks_than_the_image_can_be_halved_is_one_clear_error() -> None:
    with pytest.raises(UserError, match="3 poolings leave nothing of 7 x 7 pixels; allowed: at most 2"):
        network(size=7, blocks=[[16], [16], [16], [16]])


def test_channels_that_cannot_be_shared_are_refused() -> None:
    with pytest.raises(ValidationError, match="multiple of 16"):
        network(blocks=[[40]])
