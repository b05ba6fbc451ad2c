"""The networks: sizes, shapes, what the layers compute, and the way through a file."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save, save_file
from torch import nn

from nnlabs import models
from nnlabs.config import whole
from nnlabs.core import sealed
from nnlabs.core.errors import UserError
from nnlabs.models import activations, backbones
from nnlabs.models.backbones import FrozenStages
from nnlabs.models.layers import Convolution, Depthwise, Dropout, Normalize
from nnlabs.models.weights import restore
from nnlabs.models.whitened import Whitened
from nnlabs.pipeline.torture.damage import damaged
from nnlabs.training import optimizers
from nnlabs.training.settings import Variant
from variants import variant

CONFIG = whole.load()
VARIANTS = {id: each.variant() for id, each in (CONFIG.variants | CONFIG.optional).items()}


def shape(one: Variant) -> tuple[int, ...]:
    """C x H x W of what the network takes: its dataset's images, or activations at the cut of a backbone."""
    images = (1, 28, 28) if one.dataset in ("mnist", "fashion") else (3, 32, 32)
    network: Any = one.network
    if not network.on_features or network.frozen == 0:
        return images
    with torch.device("meta"):
        size = network.size or backbones.SIZE
        first = FrozenStages(network.backbone, network.frozen, backbones.MEAN, backbones.STD, size)
        return tuple(first(torch.empty(1, *images, dtype=torch.uint8)).shape[1:])


def network(one: Variant, classes: int = 10) -> nn.Module:
    channels, *_ = shape(one)
    return one.build(shape(one), classes, [0.5] * channels, [0.25] * channels)


def inputs(one: Variant, n: int = 4) -> torch.Tensor:
    """Images, or activations, as the variant's dataset keeps them."""
    generator = torch.Generator().manual_seed(0)
    if getattr(one.network, "frozen", 0):
        return torch.randn(n, *shape(one), generator=generator).half()
    return torch.randint(256, (n, *shape(one)), generator=generator).to(torch.uint8)


@pytest.mark.parametrize("id", VARIANTS)
def test_every_variant_maps_its_data_to_logits_and_every_parameter_learns(id: str) -> None:
    one = VARIANTS[id]
    model = network(one)
    logits = model(inputs(one))
    assert logits.shape == (4, 10)
    logits.logsumexp(1).sum().backward()
    for key, parameter in model.named_parameters():
        assert not parameter.requires_grad or parameter.grad is not None, key


@pytest.mark.parametrize("id", VARIANTS)
def test_a_variant_comes_back_from_its_parameters(id: str) -> None:
    assert Variant.of(json.loads(json.dumps(VARIANTS[id].parameters()))) == VARIANTS[id]


def test_what_there_is_is_found_by_its_files() -> None:
    assert models.names() == ("cnn", "inception", "mlp", "resnet", "thin_resnet", "transfer", "vgg", "whitened")
    assert optimizers.names() == ("adam", "adamax", "adamw", "muon", "sgd")
    for name in models.names():
        assert callable(models.family(name).build)


def test_the_lectures_network_has_the_lectures_number_of_parameters() -> None:
    # 784 x 512 + 512 + 512 x 256 + 256 + 256 x 128 + 128 + 128 x 10 + 10
    assert sum(p.numel() for p in network(VARIANTS["fashion-lecture"]).parameters()) == 567_434


def test_normalize_by_hand() -> None:
    # (51 / 255 - 0.5) / 0.25 = (0.2 - 0.5) / 0.25 = -1.2
    layer = Normalize([0.5], [0.25])
    torch.testing.assert_close(layer(torch.full((1, 1, 1, 1), 51, dtype=torch.uint8)).item(), -1.2)


def test_normalize_leaves_its_input_alone() -> None:
    batch = torch.full((1, 1, 2, 2), 7, dtype=torch.uint8)
    Normalize([0.5], [0.25])(batch)
    assert (batch == 7).all()


def test_dropout_drops_its_part_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    x = torch.ones(1_000_003)
    layer = Dropout(0.3)
    y = layer(x)
    # five standard deviations of a binomial share: 5 sqrt(0.3 * 0.7 / 1e6) = 0.0023
    assert (y == 0).double().mean().item() == pytest.approx(0.3, abs=0.0023)
    assert y.mean().item() == pytest.approx(1, abs=0.004)
    torch.testing.assert_close(y.max().item(), 1 / 0.7, rtol=1e-4, atol=0)


def test_dropout_is_the_identity_in_evaluation_and_at_zero() -> None:
    x = torch.randn(5)
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.0)(x) is x


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (1, 2), (3, 3), (5, 4), (8, 8), (17, 17)], ids=str)
@pytest.mark.parametrize(("size", "stride"), [(1, 1), (1, 2), (3, 1), (3, 2), (7, 2)])
def test_a_convolution_by_a_product_is_the_convolution(size: int, stride: int, shape: tuple[int, int]) -> None:
    ours = Convolution(4, 6, size, stride).double()
    theirs = nn.Conv2d(4, 6, size, stride, padding=size // 2, bias=False).double()
    theirs.load_state_dict(ours.state_dict())
    images = [torch.randn(2, 4, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) for _ in "ab"]
    results = [layer(x.requires_grad_()) for layer, x in zip((ours, theirs), images, strict=True)]
    torch.testing.assert_close(*results)
    for result in results:
        result.square().sum().backward()
    torch.testing.assert_close(images[0].grad, images[1].grad)
    torch.testing.assert_close(ours.weight.grad, theirs.weight.grad)


def test_small_images_are_products_and_large_ones_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nn.Conv2d, "forward", lambda *_: pytest.fail("a convolution"))
    for layer, side in ((Convolution(4, 6, 1), 8), (Convolution(4, 6, 1, 2), 16), (Convolution(4, 6, 3, 2), 2)):
        layer(torch.zeros(1, 4, side, side))
        with pytest.raises(pytest.fail.Exception, match="a convolution"):
            layer(torch.zeros(1, 4, side + 1, side + 1))


def test_pixels_are_multiplied_together_and_not_image_by_image_with_copies_of_the_weights() -> None:
    images = torch.zeros(8, 4, 6, 6).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode(), torch.profiler.profile() as told:
        Convolution(4, 6, 1, stride=2)(images)
    done = {event.key for event in told.key_averages()}
    assert "aten::mm" in done and "aten::bmm" not in done


def test_depthwise_convolutions_with_a_stride_learn_in_float32_and_answer_in_bf16() -> None:
    torch.manual_seed(0)
    layer = Depthwise(4, stride=2)
    x = torch.randn(2, 4, 5, 5).bfloat16().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        learning = layer(x)
        with torch.inference_mode():
            answer = layer(x)
    assert learning.dtype == answer.dtype == torch.bfloat16
    exact = nn.functional.conv2d(x.detach().float(), layer.weight, stride=2, padding=1, groups=4)
    torch.testing.assert_close(learning.float(), exact.bfloat16().float(), rtol=0, atol=0)
    learning.float().sum().backward()
    assert layer.weight.grad is not None and layer.weight.grad.dtype == torch.float32


def test_every_activation_is_a_module_of_its_own_that_settings_name() -> None:
    assert "silu" in activations.names()
    for name in activations.names():
        assert variant(activation=name).network.modules() == (f"nnlabs.models.activations.{name}",)
        assert isinstance(activations.activation(name)(), nn.Module)
    with pytest.raises(ValueError, match=r"'elu', 'gelu', .*'tanh'"):
        variant(activation="swish")


def test_pooling_before_a_monotone_activation_changes_nothing() -> None:
    x = torch.randn(2, 3, 8, 8)
    pool, relu = nn.MaxPool2d(2), nn.ReLU()
    torch.testing.assert_close(relu(pool(x)), pool(relu(x)), rtol=0, atol=0)


def test_whitening_makes_patches_uncorrelated_with_variance_one() -> None:
    torch.manual_seed(1)
    model = network(VARIANTS["cifar10-strong"])
    assert isinstance(model, Whitened)
    # neighbouring pixels that resemble each other, as in photographs
    coarse = torch.rand(200, 3, 8, 8)
    images = nn.functional.interpolate(coarse, scale_factor=4, mode="bilinear").mul(255).to(torch.uint8)
    model.prepare(lambda n: images[:n], "made")
    answers = model.whitening(model.normalize(images)).detach()[:, :12]
    covariance = answers.transpose(0, 1).flatten(1) @ answers.transpose(0, 1).flatten(1).T / answers[:, 0].numel()
    away = covariance - torch.diag(covariance.diagonal())
    assert away.abs().max() < 1e-3
    assert covariance.diagonal().max() < 1 + 1e-3
    assert covariance.diagonal()[-1].item() == pytest.approx(1, abs=0.01)  # the strongest direction


def test_without_a_scale_batch_normalisation_learns_its_shift_alone() -> None:
    model = variant("record").build((3, 32, 32), 10, [0.5] * 3, [0.25] * 3)
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    assert len(norms) == 6 == sum(isinstance(module, nn.SiLU) for module in model.modules()) - 1
    for norm in norms:
        assert norm.bias.requires_grad and not norm.weight.requires_grad
        assert (norm.weight == 1).all()


def test_the_whitened_network_takes_images_of_any_size() -> None:
    model = network(VARIANTS["cifar10-strong"]).eval()
    for side in (16, 25, 32):
        assert model(torch.zeros(2, 3, side, side, dtype=torch.uint8)).shape == (2, 10)


def _file(path: Path, one: Variant, **metadata: Any) -> Path:
    config = {
        "variant": one.parameters(),
        "shape": shape(one),
        "classes": list("abcdefghij"),
        "mean": [0.5],
        "std": [0.25],
    } | metadata
    state = {key: value.contiguous() for key, value in network(one).state_dict().items()}
    sealed.write(path, save(state, sealed.metadata(config)))
    return path


def test_a_network_comes_back_from_its_file(tmp_path: Path) -> None:
    one = VARIANTS["digits-cnn"]
    path = _file(tmp_path / "seed-0.safetensors", one, seed=3)
    first, config = restore(path)
    second, _ = restore(path)
    batch = inputs(one)
    assert config["seed"] == 3
    assert not first.training
    torch.testing.assert_close(first(batch), second(batch), rtol=0, atol=0)


def test_a_damaged_file_is_one_clear_error(tmp_path: Path) -> None:
    """Whatever byte it is, be it one of the weights."""
    path = _file(tmp_path / "seed-0.safetensors", VARIANTS["fashion-lecture"])
    good = path.read_bytes()
    for content in (b"", b"not weights", b"\xff" * 100, *(damaged(good, random.Random(seed)) for seed in range(60))):
        path.write_bytes(content)
        with pytest.raises(UserError, match="not a weights file") as error:
            restore(path)
        assert len(str(error.value)) < 400 and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "change",
    [{"variant": {}}, {"classes": 3}, {"variant": {"model": "gone", "network": {}}}, {"shape": [1, 2, 3]}],
)
def test_a_file_of_another_version_is_one_clear_error(tmp_path: Path, change: dict[str, Any]) -> None:
    path = _file(tmp_path / "seed-0.safetensors", VARIANTS["digits-cnn"], **change)
    with pytest.raises(UserError, match=r"not a weights file of nnlabs .*; train the variant again") as error:
        restore(path)
    assert "\n" not in str(error.value)


def test_foreign_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "seed-0.safetensors"
    save_file({"w": torch.zeros(2)}, path)
    with pytest.raises(UserError, match="not a weights file"):
        restore(path)


def test_a_missing_file_names_the_stage_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="dvc repro train@x"):
        restore(tmp_path / "x" / "seed-0.safetensors")


def test_initial_loss_is_that_of_guessing() -> None:
    torch.manual_seed(0)
    model = network(VARIANTS["fashion-lecture"]).eval()
    loss = nn.functional.cross_entropy(model(inputs(VARIANTS["fashion-lecture"], 64)), torch.arange(64) % 10)
    assert loss.item() == pytest.approx(math.log(10), abs=0.1)
