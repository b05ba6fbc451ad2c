"""Residual networks: torchvision's to the rounding of float64, and by hand where torchvision has none."""

from typing import Any

import pytest
import torch
from torch import nn

from nnlabs.models.resnet import ResNet, Settings
from nnlabs.models.vision import torchvision

MEAN, STD = [0.48, 0.46, 0.41], [0.23, 0.22, 0.21]


def network(depth: int, stem: str, classes: int = 10, size: int = 32) -> ResNet:
    settings = {"depth": depth, "stem": stem}
    return ResNet(Settings.model_validate(settings), (3, size, size), classes, MEAN, STD)


def weights(model: nn.Module) -> dict[str, torch.Tensor]:
    """All that torchvision's has too: it leaves the normalisation to its user."""
    return {key: value for key, value in model.state_dict().items() if not key.startswith("normalize.")}


def _made_statistics(model: nn.Module) -> None:
    """Give batch normalisation weights and statistics that are not those of the start, so that none can be mixed up."""
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, std=0.3)
            layer.running_mean.normal_(std=0.3)  # type: ignore[union-attr]
            layer.running_var.uniform_(0.5, 1.5)  # type: ignore[union-attr]


@pytest.mark.parametrize("depth", [18, 34, 50])
def test_torchvisions_network_of_the_same_weights_computes_the_same(depth: int) -> None:
    torch.manual_seed(depth)
    theirs = getattr(torchvision.models, f"resnet{depth}")(num_classes=7).double()
    _made_statistics(theirs)
    ours = network(depth, "large", classes=7, size=64).double()
    told = ours.load_state_dict(theirs.state_dict(), strict=False)
    assert set(told.missing_keys) == {"normalize.scale", "normalize.shift"}
    assert not told.unexpected_keys

    images = torch.randint(256, (3, 3, 64, 64), dtype=torch.uint8)
    labels = torch.tensor([6, 0, 3])
    for mode in (False, True):  # evaluation, then training, whose step moves the running statistics
        logits = [ours.train(mode)(images), theirs.train(mode)(ours.normalize(images))]
        torch.testing.assert_close(*logits, rtol=1e-10, atol=1e-10)
        for model, answer in zip((ours, theirs), logits, strict=True):
            model.zero_grad()
            nn.functional.cross_entropy(answer, labels).backward()
        gradients = dict(theirs.named_parameters())
        for name, parameter in ours.named_parameters():
            assert parameter.grad is not None
            assert parameter.grad.abs().max() > 0, name
            torch.testing.assert_close(parameter.grad, gradients[name].grad, rtol=1e-7, atol=1e-10, msg=name)
    moved = weights(ours)
    assert moved.keys() == theirs.state_dict().keys()
    for name, value in theirs.state_dict().items():
        torch.testing.assert_close(moved[name], value, rtol=1e-10, atol=1e-10, msg=name)
    theirs.load_state_dict(moved)  # and back


@pytest.mark.parametrize(("depth", "parameters"), [(18, 11_689_512), (34, 21_797_672), (50, 25_557_032)])
def test_the_published_numbers_of_parameters(depth: int, parameters: int) -> None:
    with torch.device("meta"):
        model = network(depth, "large", classes=1000)
    assert sum(p.numel() for p in model.parameters()) == parameters


def test_parameters_of_resnet18_with_a_small_stem_by_hand() -> None:
    # stem: 3 x 64 x 9, and two numbers a channel for batch normalisation
    count = 3 * 64 * 9 + 2 * 64
    # the first layer: two blocks of two convolutions 64 -> 64
    count += 4 * (64 * 64 * 9 + 2 * 64)
    # the others: a convolution from half the channels, three more, and a projection
    for c in (128, 256, 512):
        count += (c // 2 * c * 9 + 2 * c) + 3 * (c * c * 9 + 2 * c) + (c // 2 * c + 2 * c)
    count += 512 * 10 + 10
    assert sum(p.numel() for p in network(18, "small").parameters()) == count == 11_173_962


@pytest.mark.parametrize(
    ("depth", "stem", "shapes"),
    [
        (18, "small", [(64, 32), (128, 16), (256, 8), (512, 4)]),
        (50, "large", [(256, 8), (512, 4), (1024, 2), (2048, 1)]),
    ],
)
def test_shapes_after_every_layer(depth: int, stem: str, shapes: list[tuple[int, int]]) -> None:
    model, seen = network(depth, stem), []
    for layer in (model.layer1, model.layer2, model.layer3, model.layer4):
        layer.register_forward_hook(lambda _module, _inputs, output: seen.append(tuple(output.shape)))
    assert model(torch.zeros(2, 3, 32, 32, dtype=torch.uint8)).shape == (2, 10)
    assert seen == [(2, channels, side, side) for channels, side in shapes]


def test_a_block_passes_on_its_input_where_its_convolutions_give_nothing() -> None:
    block: Any = network(18, "small").layer1[0].eval()
    nn.init.zeros_(block.bn2.weight)
    x = torch.randn(2, 64, 4, 4)
    torch.testing.assert_close(block(x), x.relu(), rtol=0, atol=0)


def test_initial_weights_have_hes_deviation() -> None:
    torch.manual_seed(0)
    weight = network(18, "large").layer4[1].conv2.weight  # 512 x 512 x 3 x 3
    assert isinstance(weight, nn.Parameter)
    assert weight.std().item() == pytest.approx((2 / (512 * 9)) ** 0.5, rel=0.01)


def test_the_last_layer_is_called_output_and_kept_once() -> None:
    model = network(18, "small")
    assert model.output is model.fc
    assert [name for name in model.state_dict() if "output" in name] == []
