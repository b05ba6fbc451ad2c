"""Whole runs on made data: they learn, repeat, resume to the same bytes, and stop when they must."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from runs import CPU, SETTINGS, arm, job, made, run, run_in_two_parts, same

from nnlabs.core import paths
from nnlabs.data.dataset import Dataset, Part
from nnlabs.core.errors import UserError
from nnlabs.models.build import restore
from nnlabs.training import loop, variant
from nnlabs.core import runtime
from nnlabs.training.split import Split


def test_a_run_learns_and_repeats_to_the_bit(tmp_path: Path) -> None:
    data = made()
    one, two = (run(tmp_path / str(i), data, job(arm=arm(dropout=0.3, epochs=5))) for i in range(2))
    assert one.history[-1]["validation_accuracy"] > 0.9
    assert one.history[-1]["train_loss"] < one.history[0]["train_loss"]
    assert same(one, two)
    assert not same(one, run(tmp_path / "other", data, job(arm=arm(dropout=0.3, epochs=5), seed=1)))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("fashion-lecture", {}),
        ("fashion-best-mlp", {"crop": 2}),
        ("digits-cnn", {"channels": (4, 4), "convolutions": 1, "hidden": (8,)}),
        ("fashion-medium", {"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "schedule": "cosine"}),
        ("fashion-medium", {"optimizer": "adamax"}),
        ("fashion-medium", {"epochs": 30, "patience": 3}),
        ("fashion-medium", {"fit": "train+validation", "flip": True}),
        ("fashion-medium", {"flip": True, "alternate_flip": True, "shift_average": 1}),
        (
            "fashion-best-mlp",
            {"adam_lr": None, "bias_lr": 1.0, "head_lr": 0.1, "sgd_momentum": 0.8, "fixed_norm": True},
        ),
    ],
)
def test_a_resumed_run_equals_an_uninterrupted_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, changes: dict[str, Any]
) -> None:
    data = made()
    one = job(arm=arm(name, **changes), precision="bf16" if runtime.has_bf16() else "float32")
    whole = run(tmp_path / "whole", data, one)
    assert same(run_in_two_parts(tmp_path / "parts", data, one, monkeypatch), whole)


def test_a_finished_run_is_not_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = made()
    whole = run(tmp_path, data, job())
    monkeypatch.setattr(loop, "train_epoch", pytest.fail)
    assert same(run(tmp_path, data, job()), whole)


def test_the_best_epoch_is_the_first_with_the_highest_validation_accuracy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = made()
    right = iter([10, 20, 20, 15])

    def predict(network: Any, images: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
        n = next(right)
        labels = torch.from_numpy(data.val.labels.copy())
        labels[n:] = (labels[n:] + 1) % 3
        return torch.nn.functional.one_hot(labels, 3).float()

    monkeypatch.setattr(loop, "predict", predict)
    state = run(tmp_path, data, job(arm=arm(epochs=4)))
    assert state.best_epoch == 2
    assert [row["validation_accuracy"] for row in state.history] == pytest.approx([1 / 3, 2 / 3, 2 / 3, 1 / 2])


def test_a_run_stops_once_its_patience_is_spent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = made()
    right = iter([10, 20, 15, 20, 30, 12, 12, 12, 30])

    def predict(network: Any, images: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
        n = next(right)
        labels = torch.from_numpy(data.val.labels.copy())
        labels[n:] = (labels[n:] + 1) % 3
        return torch.nn.functional.one_hot(labels, 3).float()

    monkeypatch.setattr(loop, "predict", predict)
    state = run(tmp_path, data, job(arm=arm(epochs=9, patience=3)))
    # Epochs 3 and 4 are no better than 2, epoch 5 is; then three are not.
    assert (state.best_epoch, len(state.history), len(state.seconds)) == (5, 8, 8)
    monkeypatch.setattr(loop, "train_epoch", pytest.fail)
    assert same(run(tmp_path, data, job(arm=arm(epochs=9, patience=3))), state)


def test_a_run_on_both_parts_sees_every_image_once_an_epoch_and_keeps_the_last_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = made()
    seen: list[torch.Tensor] = []
    take = Split.take

    def taken(split: Split, indices: torch.Tensor) -> torch.Tensor:
        images = take(split, indices)
        seen.extend(images)
        return images

    monkeypatch.setattr(Split, "take", taken)
    state = run(tmp_path, data, job(arm=arm(epochs=2, fit="train+validation")))
    images = [*data.train.images, *data.val.images]
    assert sorted(image.numpy().tobytes() for image in seen) == sorted(2 * [image.tobytes() for image in images])
    assert state.best_epoch == 2
    assert not any(key.startswith("validation") for row in state.history for key in row)
    # Where the validation part is repeated in the training part, both ways of saying so are one run.
    both = Part(
        np.concatenate([data.train.images, data.val.images]), np.concatenate([data.train.labels, data.val.labels])
    )
    joined = run(tmp_path / "joined", Dataset(data.meta, both, data.val, data.test), job(arm=arm(epochs=2)))
    assert [row["train_loss"] for row in joined.history] == [row["train_loss"] for row in state.history]


def test_running_scores_are_those_of_the_batches(tmp_path: Path) -> None:
    # A rate too small to change a weight: running loss and accuracy are then the network's own.
    data = made(sizes=(50, 30, 30))  # 50 = 3 x 16 + 2: the last batch is short
    one = job(arm=arm(optimizer="sgd", epochs=1), lr=1e-30)
    state = run(tmp_path, data, one)
    torch.manual_seed(loop.stream(0, "initialisation"))
    network = loop.build(one.arm, data.shape, 3, data.mean, data.deviation)
    logits = loop.predict(network, torch.from_numpy(data.train.images), "float32", flip_average=False)
    labels = torch.from_numpy(data.train.labels)
    assert state.history[0]["train_loss"] == pytest.approx(torch.nn.functional.cross_entropy(logits, labels).item())
    assert state.history[0]["train_accuracy"] == (logits.argmax(1) == labels).double().mean().item()


def test_flip_average_is_the_mean_over_both_directions() -> None:
    data = made()
    network = loop.build(arm(), data.shape, 3, data.mean, data.deviation)
    images = torch.from_numpy(data.val.images)
    there, back = (loop.predict(network, i, "float32", flip_average=False) for i in (images, images.flip(-1)))
    both = loop.predict(network, images, "float32", flip_average=True)
    torch.testing.assert_close(both, (there + back) / 2)


def test_shift_average_is_the_mean_over_the_views() -> None:
    data = made()
    network = loop.build(arm(), data.shape, 3, data.mean, data.deviation)
    views = loop.augment.shifted(torch.from_numpy(data.val.images), 2)
    apart = [loop.predict(network, view, "float32", flip_average=True) for view in views]
    together = loop.predict(network, views[0], "float32", flip_average=True, shift_average=2)
    torch.testing.assert_close(together, torch.stack(apart).mean(0))


@pytest.mark.parametrize(("side", "at_once"), [(8, 40), (64, 40), (128, 10), (224, 3), (2048, 1)])
def test_of_large_images_fewer_are_predicted_at_a_time(side: int, at_once: int) -> None:
    seen = []

    class Counting(torch.nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(len(x))
            return super().forward(x.float().mean((2, 3)))

    images = torch.zeros(47, 1, side, side, dtype=torch.uint8)
    logits = loop.predict(Counting(1, 3), images, "float32", flip_average=False, batch_size=40)
    assert len(logits) == sum(seen) == 47
    assert max(seen) == at_once


def test_sizes_follow_one_another_in_equal_parts_and_evaluation_is_at_full_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, int]] = []
    build = loop.build

    def watched(*arguments: Any) -> torch.nn.Module:
        network = build(*arguments)
        network.register_forward_pre_hook(lambda module, inputs: seen.append((module.training, inputs[0].shape[-1])))
        return network

    monkeypatch.setattr(loop, "build", watched)
    small = arm("cifar10-strong", channels=(4, 4, 4), epochs=5, batch_size=96, sizes=(16, 20, 32), flip_average=False)
    run(tmp_path, made((3, 32, 32)), job(arm=small))
    assert [side for training, side in seen if training] == [16, 16, 20, 20, 32]
    assert [side for training, side in seen if not training] == [32] * 5


def test_alternation_shows_each_image_from_both_sides_in_two_epochs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = made()
    seen: list[torch.Tensor] = []
    mirror = loop.augment.mirror

    def watched(images: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
        result = mirror(images, chosen)
        seen.extend(result)
        return result

    monkeypatch.setattr(loop.augment, "mirror", watched)
    run(tmp_path, data, job(arm=arm(epochs=2, flip=True, alternate_flip=True)))
    both = [*data.train.images, *data.train.images[..., ::-1]]
    assert sorted(image.numpy().tobytes() for image in seen) == sorted(image.tobytes() for image in both)


def test_a_loss_that_is_not_finite_names_variant_seed_epoch_and_step(tmp_path: Path) -> None:
    one = job(arm=arm(optimizer="sgd"), lr=1e30, seed=3)
    with pytest.raises(UserError, match=r"made, seed 3, epoch 1, step \d+ of 6: the loss is (nan|inf)"):
        run(tmp_path, made(), one)


def test_a_stage_whose_dvc_is_gone_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime.stop_if_orphaned((os.getppid() + 1,))  # not started by dvc: nothing to watch
    monkeypatch.setenv("DVC_STAGE", "train@made")
    runtime.stop_if_orphaned(runtime.parents())
    with pytest.raises(UserError, match="dvc that started this stage is gone"):
        runtime.stop_if_orphaned((os.getppid() + 1,))


def test_cuda_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert runtime.device("auto") == CPU
    with pytest.raises(UserError, match="no usable CUDA"):
        runtime.device("cuda")


@pytest.mark.parametrize(
    ("avx512", "amx", "expected"), [(False, False, "float32"), (True, False, "bf16"), (False, True, "bf16")]
)
def test_auto_takes_bf16_where_the_processor_multiplies_it(
    monkeypatch: pytest.MonkeyPatch, avx512: bool, amx: bool, expected: str
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert runtime.precision("auto", CPU) == expected
    assert runtime.precision("float32", CPU) == "float32"


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to train a variant in, with made data and params.yaml's first seed only."""
    for name in ("MODELS", "REPORTS"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(variant.dataset, "load", lambda name: made())
    return tmp_path


def test_a_variant_writes_weights_history_and_record(workshop: Path) -> None:
    settings = SETTINGS.model_copy(update={"arms": {"made": arm(seeds=(0, 5), lab="fashion")}})
    variant.train("made", settings)
    assert sorted(str(p.relative_to(workshop)) for p in workshop.rglob("*") if p.is_file() and p.suffix != ".lock") == [
        "models/made/seed-0.safetensors",
        "models/made/seed-5.safetensors",
        "reports/history/fashion/made.csv",
        "reports/run/fashion/made.json",
    ]
    rows = list(csv.DictReader((workshop / "reports/history/fashion/made.csv").read_text().splitlines()))
    assert [(row["seed"], row["epoch"]) for row in rows] == [(s, e) for s in "05" for e in "123"]
    network, config = restore(workshop / "models/made/seed-5.safetensors")
    logits = loop.predict(network, torch.from_numpy(made().val.images), config["precision"], flip_average=False)
    accuracy = (logits.argmax(1).numpy() == made().val.labels).mean()
    assert accuracy == pytest.approx(config["validation"]["accuracy"])
    record = json.loads((workshop / "reports/run/fashion/made.json").read_text())
    assert [r["seed"] for r in record["runs"]] == [0, 5]
    assert record["peak_memory_bytes"] > 2**20
    assert record["peak_gpu_memory_bytes"] is None


def test_a_variant_that_learns_from_validation_has_no_figures_of_it(workshop: Path) -> None:
    both = arm(seeds=(0,), lab="fashion", fit="train+validation")
    variant.train("made", SETTINGS.model_copy(update={"arms": {"made": both}}))
    rows = list(csv.DictReader((workshop / "reports/history/fashion/made.csv").read_text().splitlines()))
    assert {row[f"validation_{score}"] for row in rows for score in ("loss", "accuracy", "macro_f1")} == {""}
    assert all(float(row["train_loss"]) > 0 for row in rows)
    _, config = restore(workshop / "models/made/seed-0.safetensors")
    assert (config["validation"], config["best_epoch"], config["tried"]) == (None, 3, [])


def test_a_variant_that_stops_early_records_the_epochs_it_ran(workshop: Path) -> None:
    stopped = arm(seeds=(0,), lab="fashion", epochs=40, patience=2)
    variant.train("made", SETTINGS.model_copy(update={"arms": {"made": stopped}}))
    rows = list(csv.DictReader((workshop / "reports/history/fashion/made.csv").read_text().splitlines()))
    _, config = restore(workshop / "models/made/seed-0.safetensors")
    (record,) = json.loads((workshop / "reports/run/fashion/made.json").read_text())["runs"]
    assert len(rows) == config["best_epoch"] + 2 < 40
    assert record["epochs"] == len(record["epoch_seconds"]) == len(rows)
    assert record["seconds"] == pytest.approx(sum(record["epoch_seconds"]))


def test_a_grid_is_tried_on_the_first_seed_and_the_best_rate_serves_the_others(workshop: Path) -> None:
    grid = arm(lr=None, lr_grid=(1e-9, 0.01), seeds=(0, 1), lab="fashion", optimizer="sgd", momentum=0.9, epochs=6)
    variant.train("made", SETTINGS.model_copy(update={"arms": {"made": grid}}))
    rows = list(csv.DictReader((workshop / "reports/history/fashion/made.csv").read_text().splitlines()))
    tried = {(row["lr"], row["seed"], row["chosen"]) for row in rows}
    assert tried == {("0.01", "0", "1"), ("0.01", "1", "1"), ("1e-09", "0", "0")}
    _, config = restore(workshop / "models/made/seed-1.safetensors")
    assert config["lr"] == 0.01
    assert [each["lr"] for each in config["tried"]] == [1e-9, 0.01]
