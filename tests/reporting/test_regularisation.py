"""What a recipe has against overfitting is read off its settings and its layers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from madefour import at, made
from madelab import Parameters

from nnlabs.labs.common.recipes import regularisation

NORM = "batch normalisation, whose statistics differ from batch to batch"


def _said(make_lab: Callable[..., Parameters], layers: list[dict[str, Any]], **own: Any) -> list[str]:
    result = made(make_lab, "fashion", {"fashion-best-cnn": at(0.9, own=own)}).of("fashion-best-cnn")
    return regularisation(replace(result, scores=replace(result.scores, layers=layers)))


def test_batch_normalisation_is_told_by_the_layers_too(make_lab: Callable[..., Parameters]) -> None:
    assert _said(make_lab, [{"kind": "Conv2d"}]) == []
    assert _said(make_lab, [{"kind": "Conv2d"}, {"kind": "BatchNorm2d"}]) == [NORM]
    assert _said(make_lab, [], batch_norm=True) == [NORM]


def test_one_pixel_is_one(make_lab: Callable[..., Parameters]) -> None:
    assert _said(make_lab, [], flip=True, crop=1) == ["mirrored images", "images shifted by up to 1 pixel"]
    assert _said(make_lab, [], crop=2) == ["images shifted by up to 2 pixels"]
