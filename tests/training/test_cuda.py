"""The same runs on a GPU: its steps, mixed precision, the same bytes again, data that does not fit."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from runs import CPU, job, made, run, run_in_two_parts, same

from nnlabs.core import devices, paths
from nnlabs.data import prepared
from nnlabs.models.predict import predict
from nnlabs.models.weights import restore
from nnlabs.training.settings import Variant
from nnlabs.training.split import Split
from nnlabs.training.variant import train
from variants import variant

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

COLOUR = (3, 32, 32)
VARIANTS: dict[str, Variant] = {
    "mlp": variant(),
    "dropout": variant("lecture"),
    "sgd": variant(optimizer="sgd", momentum=0.9, nesterov=True, schedule="cosine"),
    "adamax": variant(optimizer="adamax"),
    "muon": variant("best-mlp", crop=2),
    "cnn": variant("cnn"),
    "strong": variant("strong", channels=(16, 16, 16)),
    "record": variant("record"),
    "averaged": variant("strong", channels=(16, 16, 16), ema_decay=0.9),
    "proxy": variant("record", windows=(24, 32), proxy={"keep": 0.5, "network": {"channels": [4, 4, 4]}, "shrink": 2}),
    "resnet50": variant("resnet50"),
    "vgg": variant("vgg"),
    "inception": variant("inception"),
}
"""Small, and none of them with dropout but the one that is called so."""


@pytest.fixture
def card() -> torch.device:
    return devices.device("cuda")


def longer(one: Variant, epochs: int) -> Variant:
    """The same for another number of epochs."""
    return replace(one, training=one.training.model_copy(update={"epochs": epochs}))


def data_of(name: str) -> Any:
    return made() if VARIANTS[name].model in ("mlp", "cnn") else made(COLOUR)


@pytest.mark.parametrize("name", ["mlp", "sgd", "adamax", "cnn", "strong", "vgg"])
def test_float32_takes_the_steps_of_the_processor(name: str, card: torch.device, tmp_path: Path) -> None:
    one = longer(VARIANTS[name], epochs=1)
    here, there = (
        run(tmp_path / device.type, data_of(name), job(variant=one, device=device, lr=0.001)) for device in (CPU, card)
    )
    for score in ("train_loss", "validation_loss"):
        assert there.history[0][score] == pytest.approx(here.history[0][score], rel=2e-3)
    if name == "strong":
        return  # Muon makes all singular values equal, and so rounding as large as what it rounds
    for key, weight in here.best_weights.items():
        torch.testing.assert_close(there.best_weights[key].cpu(), weight, rtol=1e-2, atol=2e-3, msg=key)


@pytest.mark.parametrize("name", ["dropout", "muon", "cnn"])
def test_mixed_precision_learns(name: str, card: torch.device, tmp_path: Path) -> None:
    assert devices.precision("auto", card) == "bf16"
    one = longer(VARIANTS[name], epochs=8)
    state = run(tmp_path, data_of(name), job(variant=one, device=card, precision="bf16"))
    assert state.history[state.best_epoch - 1]["validation_accuracy"] > 0.9
    assert state.history[-1]["train_loss"] < state.history[0]["train_loss"]


@pytest.mark.parametrize("name", VARIANTS)
def test_a_run_repeats_to_the_bit_and_goes_on_where_it_was_stopped(
    name: str, card: torch.device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, data = job(variant=VARIANTS[name], device=card, precision="bf16"), data_of(name)
    whole = run(tmp_path / "whole", data, one)
    again = run_in_two_parts(tmp_path / "parts", data, one, monkeypatch)
    again.best_weights = {key: weight.to(card) for key, weight in again.best_weights.items()}
    assert same(again, whole)


def test_data_that_does_not_fit_is_sent_a_batch_at_a_time(
    card: torch.device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, data = job(variant=VARIANTS["dropout"], device=card, precision="bf16"), made()
    assert Split.on(card, data.train).arrays[0].is_cuda
    kept = run(tmp_path / "kept", data, one)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (1000, 1000))
    assert not Split.on(card, data.train).arrays[0].is_cuda
    assert same(run(tmp_path / "sent", data, one), kept)


def test_a_variant_trained_on_a_card_serves_a_processor(
    card: torch.device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MODELS", "REPORTS"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(prepared, "load", lambda name: made())
    train(VARIANTS["dropout"], "auto", "auto", "digest")
    network, config = restore(paths.weights("made", 0))
    assert (config["device"], config["precision"]) == ("cuda", "bf16")
    images = torch.from_numpy(made().validation.images)
    here = predict(network, images, "float32", tta_flip=False)
    there = predict(network.to(card), images.to(card), "bf16", tta_flip=False).cpu()
    torch.testing.assert_close(there, here, rtol=0.05, atol=0.05)
    record = json.loads(paths.run_record("made", "made").read_text())
    assert record["gpu"] == torch.cuda.get_device_name()
    assert 2**20 < record["peak_gpu_memory_bytes"] < torch.cuda.get_device_properties(0).total_memory
