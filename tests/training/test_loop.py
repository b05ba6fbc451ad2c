"""Whole runs on made data: they learn, repeat, resume to the same bytes, and stop when they must."""

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from runs import CPU, job, made, run, run_in_two_parts, same

from nnlabs.core import devices, runtime
from nnlabs.core.errors import UserError
from nnlabs.data.prepared import Dataset, Part
from nnlabs.models.predict import predict, shifted
from nnlabs.training import loop
from nnlabs.training.loop import DivergedError
from nnlabs.training.settings import Score, Variant
from nnlabs.training.split import Split
from variants import variant


def test_a_run_learns_and_repeats_to_the_bit(tmp_path: Path) -> None:
    data = made()
    one, two = (run(tmp_path / str(i), data, job(variant=variant(dropout=0.3, epochs=5))) for i in range(2))
    assert one.history[-1]["validation_accuracy"] > 0.9
    assert one.history[-1]["train_loss"] < one.history[0]["train_loss"]
    assert same(one, two)
    assert not same(one, run(tmp_path / "other", data, job(variant=variant(dropout=0.3, epochs=5), seed=1)))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("lecture", {}),
        ("best-mlp", {"crop": 2}),
        ("cnn", {}),
        ("mlp", {"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "schedule": "cosine"}),
        ("mlp", {"optimizer": "adamax"}),
        ("mlp", {"epochs": 30, "patience": 3}),
        ("mlp", {"fit": "train+validation", "flip": True}),
        ("mlp", {"flip": True, "alternate_flip": True, "tta_shift": 1}),
        (
            "best-mlp",
            {"adam_lr": None, "bias_lr": 1.0, "head_lr": 0.1, "sgd_momentum": 0.8, "fixed_norm": True},
        ),
    ],
)
def test_a_resumed_run_equals_an_uninterrupted_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, changes: dict[str, Any]
) -> None:
    data = made()
    one = job(variant=variant(name, **changes), precision="bf16" if devices.has_bf16() else "float32")
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

    def guessed(network: Any, images: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
        n = next(right)
        labels = torch.from_numpy(data.validation.labels.copy())
        labels[n:] = (labels[n:] + 1) % 3
        return torch.nn.functional.one_hot(labels, 3).float()

    monkeypatch.setattr(loop, "predict", guessed)
    state = run(tmp_path, data, job(variant=variant(epochs=4)))
    assert state.best_epoch == 2
    assert [row["validation_accuracy"] for row in state.history] == pytest.approx([1 / 3, 2 / 3, 2 / 3, 1 / 2])


def test_a_run_stops_once_its_patience_is_spent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = made()
    right = iter([10, 20, 15, 20, 30, 12, 12, 12, 30])

    def guessed(network: Any, images: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
        n = next(right)
        labels = torch.from_numpy(data.validation.labels.copy())
        labels[n:] = (labels[n:] + 1) % 3
        return torch.nn.functional.one_hot(labels, 3).float()

    monkeypatch.setattr(loop, "predict", guessed)
    state = run(tmp_path, data, job(variant=variant(epochs=9, patience=3)))
    # Epochs 3 and 4 are no better than 2, epoch 5 is; then three are not.
    assert (state.best_epoch, len(state.history), len(state.seconds)) == (5, 8, 8)
    monkeypatch.setattr(loop, "train_epoch", pytest.fail)
    assert same(run(tmp_path, data, job(variant=variant(epochs=9, patience=3))), state)


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
    state = run(tmp_path, data, job(variant=variant(epochs=2, fit="train+validation")))
    images = [*data.train.images, *data.validation.images]
    assert sorted(image.numpy().tobytes() for image in seen) == sorted(2 * [image.tobytes() for image in images])
    assert state.best_epoch == 2
    assert not any(key.startswith("validation") for row in state.history for key in row)
    # Where the validation part is repeated in the training part, both ways of saying so are one run.
    both = Part(
        np.concatenate([data.train.images, data.validation.images]),
        np.concatenate([data.train.labels, data.validation.labels]),
    )
    joined = run(
        tmp_path / "joined", Dataset(data.meta, both, data.validation, data.test), job(variant=variant(epochs=2))
    )
    assert [row["train_loss"] for row in joined.history] == [row["train_loss"] for row in state.history]


def test_running_scores_are_those_of_the_batches(tmp_path: Path) -> None:
    # A rate too small to change a weight: running loss and accuracy are then the network's own.
    data = made(sizes=(50, 30, 30))  # 50 = 3 x 16 + 2: the last batch is short
    one = job(variant=variant(optimizer="sgd", epochs=1), lr=1e-30)
    state = run(tmp_path, data, one)
    torch.manual_seed(loop.stream(0, "initialisation"))
    network = one.variant.build(data.shape, 3, data.mean, data.std)
    logits = predict(network, torch.from_numpy(data.train.images), "float32", tta_flip=False)
    labels = torch.from_numpy(data.train.labels)
    assert state.history[0]["train_loss"] == pytest.approx(torch.nn.functional.cross_entropy(logits, labels).item())
    assert state.history[0]["train_accuracy"] == (logits.argmax(1) == labels).double().mean().item()


def test_tta_flip_is_the_mean_over_both_directions() -> None:
    data = made()
    network = variant().build(data.shape, 3, data.mean, data.std)
    images = torch.from_numpy(data.validation.images)
    there, back = (predict(network, i, "float32", tta_flip=False) for i in (images, images.flip(-1)))
    both = predict(network, images, "float32", tta_flip=True)
    torch.testing.assert_close(both, (there + back) / 2)


def test_tta_shift_is_the_mean_over_the_views() -> None:
    data = made()
    network = variant().build(data.shape, 3, data.mean, data.std)
    images = torch.from_numpy(data.validation.images)
    views = [images, *shifted(images, 1), *shifted(images, 2)]
    assert len(views) == 9
    apart = [predict(network, view, "float32", tta_flip=True) for view in views]
    together = predict(network, views[0], "float32", tta_flip=True, tta_shift=2)
    torch.testing.assert_close(together, torch.stack(apart).mean(0))


@pytest.mark.parametrize(("side", "at_once"), [(8, 40), (64, 40), (128, 10), (224, 3), (2048, 1)])
def test_of_large_images_fewer_are_predicted_at_a_time(side: int, at_once: int) -> None:
    seen = []

    class Counting(torch.nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(len(x))
            return super().forward(x.float().mean((2, 3)))

    images = torch.zeros(47, 1, side, side, dtype=torch.uint8)
    logits = predict(Counting(1, 3), images, "float32", tta_flip=False, batch_size=40)
    assert len(logits) == sum(seen) == 47
    assert max(seen) == at_once


def test_sizes_follow_one_another_in_equal_parts_and_evaluation_is_at_full_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, int]] = []
    build = Variant.build

    def watched(*arguments: Any) -> torch.nn.Module:
        network = build(*arguments)
        network.register_forward_pre_hook(lambda module, inputs: seen.append((module.training, inputs[0].shape[-1])))
        return network

    monkeypatch.setattr(Variant, "build", watched)
    small = variant("strong", channels=(4, 4, 4), epochs=5, batch_size=96, windows=(16, 20, 32), tta_flip=False)
    run(tmp_path, made((3, 32, 32)), job(variant=small))
    assert [side for training, side in seen if training] == [16, 16, 20, 20, 32]
    assert [side for training, side in seen if not training] == [32] * 5


def test_a_window_larger_than_an_image_is_refused(tmp_path: Path) -> None:
    small = variant("strong", channels=(4, 4, 4), epochs=2, windows=(16, 33))
    with pytest.raises(UserError, match=r"variants\.made\.windows: \d+ found; images allow at most 32$"):
        run(tmp_path, made((3, 32, 32)), job(variant=small))


def test_alternation_shows_each_image_from_both_sides_in_two_epochs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = made()
    seen: list[torch.Tensor] = []
    mirrored = Split.mirrored

    def watched(split: Split, images: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
        result = mirrored(split, images, chosen)
        seen.extend(result)
        return result

    monkeypatch.setattr(Split, "mirrored", watched)
    run(tmp_path, data, job(variant=variant(epochs=2, flip=True, alternate_flip=True)))
    both = [*data.train.images, *data.train.images[..., ::-1]]
    assert sorted(image.numpy().tobytes() for image in seen) == sorted(image.tobytes() for image in both)


def test_a_loss_that_is_not_finite_names_variant_seed_epoch_and_step(tmp_path: Path) -> None:
    one = job(variant=variant(optimizer="sgd"), lr=1e30, seed=3)
    with pytest.raises(UserError, match=r"made, seed 3, epoch 1, step \d+ of 6: the loss is (nan|inf)"):
        run(tmp_path, made(), one)


def test_weights_that_are_no_numbers_are_not_kept(tmp_path: Path) -> None:
    one = job(variant=variant(optimizer="sgd", epochs=1, batch_size=96, fit="train+validation"), lr=1e45)
    with pytest.raises(DivergedError, match=r"made, seed 0, epoch 1.*; a smaller learning rate than 1e\+45 may help"):
        run(tmp_path, made(sizes=(66, 30, 30)), one)


@pytest.mark.parametrize(("images", "steps"), [(96, 6), (97, 6), (98, 7), (17, 1), (16, 1), (3, 1), (1, 1)])
def test_a_single_image_that_is_left_over_makes_no_batch(images: int, steps: int) -> None:
    assert loop.batches(images, 16) == steps


@pytest.mark.parametrize("name", ["best-mlp", "cnn", "resnet50"])
def test_whatever_is_left_over_is_trained_on_with_batch_normalisation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    seen: list[int] = []
    take = Split.take

    def taken(split: Split, indices: torch.Tensor) -> torch.Tensor:
        seen.append(len(indices))
        return take(split, indices)

    monkeypatch.setattr(Split, "take", taken)
    small = {"depth": 18} if name == "resnet50" else {}
    state = run(tmp_path, made(sizes=(33, 30, 30)), job(variant=variant(name, epochs=1, **small)))
    assert seen == [16, 17]
    assert np.isfinite(state.history[0]["train_loss"])


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"crop": 28}, "variants.made.crop: 28 found; images of 28 x 28 pixels allow at most 27"),
        ({"tta_shift": 28}, "variants.made.tta_shift: 28 found; images of 28 x 28 pixels allow at most 27"),
        ({"mean": (0.1, 0.2), "std": (1.0, 1.0)}, "variants.made.mean: 2 found; the images of made have 1 channels"),
        ({"mean": (0.1,), "std": (1.0, 1.0)}, "variants.made.std: 2 found"),
    ],
)
def test_knobs_that_the_images_do_not_allow_are_told(tmp_path: Path, knobs: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=re.escape(said)):
        run(tmp_path, made(), job(variant=variant(**knobs)))


def test_the_largest_crop_is_taken(tmp_path: Path) -> None:
    assert run(tmp_path, made(), job(variant=variant(crop=27, tta_shift=27, epochs=1))).epoch == 1


@pytest.mark.parametrize(("score", "best"), [("accuracy", 1), ("macro_f1", 2)])
def test_the_best_epoch_goes_by_what_the_lab_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, score: Score, best: int
) -> None:
    data = made()
    data = Dataset(data.meta, data.train, Part(data.validation.images, LOPSIDED), data.test)
    # All images called the frequent class, 20 of 30 right; then half of those and all others.
    guesses = iter([np.zeros(30, np.int64), np.where(np.arange(30) < 12, 1, LOPSIDED)])

    def guessed(*_: Any, **__: Any) -> torch.Tensor:
        return torch.nn.functional.one_hot(torch.from_numpy(next(guesses)), 3).float()

    monkeypatch.setattr(loop, "predict", guessed)
    one = job(variant=replace(variant(epochs=2), score=score))
    assert run(tmp_path, data, one).best_epoch == best


LOPSIDED = np.array([0] * 20 + [1] * 5 + [2] * 5)


def test_a_stage_whose_dvc_is_gone_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime.stop_if_orphaned((os.getppid() + 1,))  # not started by dvc: nothing to watch
    monkeypatch.setenv("DVC_STAGE", "train@made")
    runtime.stop_if_orphaned(runtime.parents())
    with pytest.raises(UserError, match="dvc that started this stage is gone"):
        runtime.stop_if_orphaned((os.getppid() + 1,))


def test_cuda_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert devices.device("auto") == CPU
    with pytest.raises(UserError, match="no usable CUDA"):
        devices.device("cuda")


@pytest.mark.parametrize(
    ("avx512", "amx", "expected"), [(False, False, "float32"), (True, False, "bf16"), (False, True, "bf16")]
)
def test_auto_takes_bf16_where_the_processor_multiplies_it(
    monkeypatch: pytest.MonkeyPatch, avx512: bool, amx: bool, expected: str
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert devices.precision("auto", CPU) == expected
    assert devices.precision("float32", CPU) == "float32"
