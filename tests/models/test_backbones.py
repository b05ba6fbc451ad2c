"""Pretrained networks cut in two: together they are torchvision's, wherever the cut is."""

import io
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

import official
from nnlabs.core.errors import UserError
from nnlabs.data.catalogue.weights import WEIGHTS
from nnlabs.models import backbones
from nnlabs.models.backbones import FrozenStages
from nnlabs.models.layers import Normalize
from nnlabs.models.pretrained import STAGES
from nnlabs.models.transfer import Settings, Transfer
from nnlabs.models.vision import torchvision
from variants import DEFAULTS, composed

BACKBONES = ("mobilenet_v2", "resnet18", "resnet50")
CHANNELS = {
    "mobilenet_v2": (3, 32, 16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320, 1280),
    "resnet18": (3, 64, 64, 128, 256, 512),
    "resnet50": (3, 64, 256, 512, 1024, 2048),
}
"""What goes into each stage, and what the last gives: tables 2 and 1 of the papers."""
SHRINKS = {"mobilenet_v2": (0, 2, 4, 7, 14), "resnet18": (0, 0, 2, 3, 4), "resnet50": (0, 0, 2, 3, 4)}
"""The stages that halve the image; the stem of a ResNet halves it twice."""


def settings(backbone: str, frozen: int, size: int) -> Settings:
    return Settings.model_validate({"backbone": backbone, "frozen": frozen, "size": size})


def state(network: nn.Module, backbone: str) -> dict[str, torch.Tensor]:
    content = io.BytesIO()
    torch.save(network.state_dict(), content)
    return backbones.read(backbone, content.getvalue())


def halves(backbone: str, frozen: int, size: int, of: dict[str, torch.Tensor]) -> tuple[FrozenStages, Transfer]:
    first = FrozenStages(backbone, frozen, backbones.MEAN, backbones.STD, size)
    first.load(of)
    rest = Transfer(settings(backbone, frozen, size), (3, size, size), 1000, backbones.MEAN, backbones.STD)
    rest.backbone.load_state_dict(backbones.own(of, rest.backbone))
    return first, rest.eval()


def test_the_table_of_stages_is_that_of_the_networks() -> None:
    for backbone, count in STAGES.items():
        with torch.device("meta"):
            assert len(backbones.stages(backbone)) == count == len(CHANNELS[backbone]) - 1


@pytest.mark.parametrize("backbone", BACKBONES)
def test_shapes_at_every_cut(backbone: str) -> None:
    channels, shrinks, last = CHANNELS[backbone], SHRINKS[backbone], STAGES[backbone]
    for frozen in range(1, last + 1):
        with torch.device("meta"):
            first = FrozenStages(backbone, frozen, backbones.MEAN, backbones.STD, 64)
            rest = Transfer(settings(backbone, frozen, 64), (1, 1, 1), 7, backbones.MEAN, backbones.STD)
            activations = first(torch.empty(2, 3, 32, 32, dtype=torch.uint8))
            side = 64 >> sum(stage < frozen for stage in shrinks)
            if frozen == last:
                side = 1  # averaged: all that the output reads
            assert activations.shape == (2, channels[frozen], side, side)
            assert rest(activations.half()).shape == (2, 7)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_the_frozen_and_the_rest_are_torchvisions_network(backbone: str) -> None:
    theirs = official.network(backbone, seed=3).double()
    weights = state(theirs, backbone)
    images = torch.randint(256, (2, 3, 64, 64), dtype=torch.uint8)
    normalize = Normalize(backbones.MEAN, backbones.STD).double()
    expected = theirs(normalize(images)).detach()
    last = STAGES[backbone]
    for frozen in {0, 1, last // 2, last - 1, last}:
        first, rest = (half.double() for half in halves(backbone, frozen, 64, weights))
        head = theirs.classifier[1] if backbone == "mobilenet_v2" else theirs.fc
        rest.output.load_state_dict(head.state_dict())
        activations = first(images) if frozen else images
        torch.testing.assert_close(rest(activations), expected, rtol=1e-9, atol=1e-9)
        if frozen:  # as they are kept: in 16 bits
            torch.testing.assert_close(rest(activations.half()), expected, rtol=0, atol=0.02 * float(expected.std()))


@pytest.mark.parametrize("backbone", BACKBONES)
def test_images_are_normalised_as_they_were_in_pretraining(backbone: str) -> None:
    name = {"mobilenet_v2": "MobileNet_V2"}.get(backbone, backbone.replace("resnet", "ResNet"))
    weights = getattr(torchvision.models, f"{name}_Weights").IMAGENET1K_V1
    asked = weights.transforms()
    assert (tuple(asked.mean), tuple(asked.std)) == (backbones.MEAN, backbones.STD)
    assert asked.crop_size == [backbones.SIZE]
    assert weights.url == WEIGHTS[backbone].urls[0] + WEIGHTS[backbone].file
    assert WEIGHTS[backbone].file.removesuffix(".pth").endswith("-" + WEIGHTS[backbone].sha256[:8])


def test_images_are_enlarged_and_made_smaller() -> None:
    images = torch.randint(256, (2, 3, 40, 40), dtype=torch.uint8)
    whole = backbones.Entrance(backbones.MEAN, backbones.STD, 40)(images)
    assert torch.equal(whole, backbones.Entrance(backbones.MEAN, backbones.STD, 40).normalize(images))
    for size in (20, 80):
        other = backbones.Entrance(backbones.MEAN, backbones.STD, size)(images)
        assert other.shape == (2, 3, size, size)
        torch.testing.assert_close(other.mean((2, 3)), whole.mean((2, 3)), rtol=0, atol=0.02)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_batch_normalisation_in_the_convolutions_computes_the_same(backbone: str) -> None:
    weights = state(official.network(backbone).double(), backbone)
    frozen = STAGES[backbone] - 1
    plain, _ = halves(backbone, frozen, 64, weights)
    folded, _ = halves(backbone, frozen, 64, weights)
    folded.double().fold()
    assert not [layer for layer in folded.modules() if isinstance(layer, nn.BatchNorm2d)]
    images = torch.randint(256, (2, 3, 64, 64), dtype=torch.uint8)
    torch.testing.assert_close(folded(images), plain.double()(images), rtol=1e-9, atol=1e-9)


def test_what_is_frozen_stays_as_it_is() -> None:
    weights = state(official.network("resnet18"), "resnet18")
    first, rest = halves("resnet18", 2, 64, weights)
    both = nn.Sequential(first, rest).train()
    assert not first.training
    assert not [layer for layer in first.modules() if layer.training]
    before = {name: value.clone() for name, value in both.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in both.parameters() if p.requires_grad], 0.1)
    both(torch.randint(256, (4, 3, 64, 64), dtype=torch.uint8)).square().mean().backward()
    optimizer.step()
    for name, value in both.state_dict().items():
        frozen = name.startswith("0.")
        assert torch.equal(value, before[name]) == frozen, name  # statistics of the rest move too


@pytest.mark.parametrize("backbone", BACKBONES)
def test_what_was_read_can_be_kept_in_a_file(backbone: str, tmp_path: Path) -> None:
    weights = state(official.network(backbone), backbone)
    save_file(weights, tmp_path / "backbone.safetensors")
    kept = load_file(tmp_path / "backbone.safetensors")
    assert kept.keys() == weights.keys()
    assert all(torch.equal(kept[name], tensor) for name, tensor in weights.items())


def test_a_file_that_is_none_is_said_in_one_line() -> None:
    for content in (b"", b"not a file of weights", official.file("resnet18")[0][:5000]):
        with pytest.raises(UserError, match="weights of resnet18 are no file of tensors") as refused:
            backbones.read("resnet18", content)
        assert "\n" not in str(refused.value)


def test_another_networks_file_is_refused() -> None:
    with pytest.raises(UserError, match="not torchvision's resnet50") as refused:
        backbones.read("resnet50", official.file("resnet18")[0])
    assert "\n" not in str(refused.value)


def test_nothing_in_a_weights_file_is_executed() -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return print, ("executed",)

    content = io.BytesIO()
    torch.save({"conv1.weight": Trap()}, content)
    with pytest.raises(UserError, match="no file of tensors"):
        backbones.read("resnet18", content.getvalue())


def test_a_transfer_variant_keeps_to_what_its_features_have() -> None:
    for changes, said in (
        ({"mean": [0.5] * 3, "std": [0.2] * 3}, "those of the pretrained weights"),
        ({"crop": 2}, "need images"),
        ({"tta_flip": True}, "need images"),
        ({"flip": True, "fit": "train+validation"}, "of one view"),
        ({"frozen": 19, "backbone_lr": 0.1}, "pretrained layers that are trained"),
        ({"optimizer": "muon", "adam_lr": 0.1, "backbone_lr": 0.1}, "not to muon"),
    ):
        with pytest.raises(ValueError, match=said):
            composed(**DEFAULTS | {"model": "transfer", "backbone": "mobilenet_v2", "frozen": 11, "size": 64} | changes)
