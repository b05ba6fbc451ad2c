"""A trained variant's look at its test split: what is written of it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from nnlabs import config as params
from nnlabs.core import paths
from nnlabs.data import dataset
from nnlabs.core.errors import UserError
from nnlabs.evaluation.variant import evaluate
from nnlabs.models.build import restore
from nnlabs.training import loop, variant

CLASSES = ["disc", "ring", "cross"]
SIZES = {"train": 60, "val": 30, "test": 45}


@pytest.fixture(autouse=True)
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a prepared dataset: a third of the rows is brighter, which one is the class."""
    for name in ("DATA", "MODELS", "PREDICTIONS", "REPORTS"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    folder = paths.dataset("shapes")
    folder.mkdir(parents=True)
    for part, n in SIZES.items():
        labels = np.arange(n) % 3
        images = rng.integers(0, 200, (n, 1, 6, 5))
        for image, label in zip(images, labels, strict=True):
            image[:, 2 * label : 2 * label + 2] += 40
        np.save(folder / f"{part}_images.npy", images.astype(np.uint8))
        np.save(folder / f"{part}_labels.npy", labels.astype(np.int64))
    meta = {"classes": CLASSES, "shape": [1, 6, 5], "mean": [0.4], "deviation": [0.2], "content": {"train": "made"}}
    (folder / "meta.json").write_text(json.dumps(meta))
    return tmp_path


def trained(**changes: Any) -> params.Arm:
    """A variant `small` whose weights are there."""
    settings = {"batch_size": 16, "epochs": 2, "optimizer": "adam", "lr": 0.01, "seeds": (0, 5), "hidden": (8,)}
    arm = params.MLP(lab="made", dataset="shapes", model="mlp", **settings | changes)
    update = {"arms": {"small": arm}, "precision": "float32", "device": "cpu"}
    variant.train("small", params.load().model_copy(update=update))
    return arm


def test_metrics_are_those_of_the_networks_on_the_test_split() -> None:
    arm = trained()
    evaluate("small", arm, "cpu")
    told = json.loads(paths.metrics("made", "small").read_text())
    test = dataset.load("shapes").test
    accuracies, counts = [], np.zeros((3, 3), int)
    for seed in arm.seeds:
        network, config = restore(paths.weights("small", seed))
        predicted = (
            loop.predict(network, torch.from_numpy(test.images), "float32", flip_average=False).argmax(1).numpy()
        )
        accuracies.append((predicted == test.labels).mean())
        np.add.at(counts, (test.labels, predicted), 1)
        at = arm.seeds.index(seed)
        assert told["validation_accuracy_per_seed"][at] == config["validation"]["accuracy"]
        assert told["best_epoch_per_seed"][at] == config["best_epoch"]
    assert told["accuracy_per_seed"] == accuracies
    assert told["accuracy"] == pytest.approx(np.mean(accuracies))
    # two seeds: t(0.975, 1) = 12.7062; their deviation over sqrt(2) is half their distance
    assert told["accuracy_interval"] == pytest.approx(12.7062 * abs(accuracies[0] - accuracies[1]) / 2, rel=1e-5)
    assert told["confusion"] == counts.tolist()
    assert told["class_accuracy"] == pytest.approx(counts.diagonal() / counts.sum(1))
    assert (told["seeds"], told["test_images"], told["lr"], told["tried"]) == ([0, 5], 45, [0.01, 0.01], [])
    assert told["parameters"] == 30 * 8 + 8 + 8 * 3 + 3
    for key in ("loss", "macro_f1", "validation_accuracy"):
        assert told[key] == pytest.approx(np.mean(told[f"{key}_per_seed"]))


def test_the_gallery_is_of_the_first_seed_and_pairs_images_with_their_classes() -> None:
    evaluate("small", trained(), "cpu")
    test = dataset.load("shapes").test
    predictions = load_file(paths.predictions("small"))
    where = {image.tobytes(): i for i, image in enumerate(test.images)}
    images = np.load(paths.gallery("made", "small") / "images.npy")
    shown = json.loads((paths.gallery("made", "small") / "predictions.json").read_text())
    assert len(images) == len(shown) > 0
    for image, said in zip(images, shown, strict=True):
        i = where[image.tobytes()]
        assert said["true"] == CLASSES[test.labels[i]]
        assert said["predicted"] == CLASSES[predictions["predicted"][0, i]]
        assert said["confidence"] == pytest.approx(predictions["confidence"][0, i], abs=1e-4)


def test_predictions_hold_every_seed_and_image() -> None:
    evaluate("small", trained(), "cpu")
    told = load_file(paths.predictions("small"))
    assert {key: (value.shape, value.dtype) for key, value in told.items()} == {
        "predicted": ((2, 45), np.int16),
        "confidence": ((2, 45), np.float32),
    }
    assert (told["confidence"] > 1 / 3).all() and (told["confidence"] <= 1).all()


def test_two_evaluations_write_the_same_bytes(workshop: Path) -> None:
    def written() -> dict[Path, bytes]:
        evaluate("small", arm, "cpu")
        folders = (paths.REPORTS / "metrics", paths.REPORTS / "gallery", paths.PREDICTIONS)
        return {file: file.read_bytes() for folder in folders for file in folder.rglob("*") if file.is_file()}

    arm = trained()
    first = written()
    assert sorted(str(file.relative_to(workshop)) for file in first) == [
        "predictions/small.safetensors",
        "reports/gallery/made/small/images.npy",
        "reports/gallery/made/small/predictions.json",
        "reports/metrics/made/small.json",
    ]
    assert written() == first


def test_one_seed_has_no_interval_and_a_grid_keeps_what_was_tried() -> None:
    evaluate("small", trained(seeds=(3,), lr=None, lr_grid=(1e-9, 0.01)), "cpu")
    told = json.loads(paths.metrics("made", "small").read_text())
    assert (told["seeds"], told["accuracy_interval"], told["lr"]) == ([3], None, [0.01])
    assert [each["lr"] for each in told["tried"]] == [1e-9, 0.01]
    assert max(each["validation_accuracy"] for each in told["tried"]) == told["validation_accuracy"]


def test_an_arm_that_learned_from_validation_has_no_validation_accuracy() -> None:
    evaluate("small", trained(fit="train+validation"), "cpu")
    told = json.loads(paths.metrics("made", "small").read_text())
    assert (told["validation_accuracy"], told["validation_accuracy_per_seed"]) == (None, [None, None])
    assert told["best_epoch_per_seed"] == [2, 2]
    assert told["accuracy"] > 0


def test_an_arm_that_averages_over_flips_is_scored_so() -> None:
    arm = trained(flip_average=True)
    evaluate("small", arm, "cpu")
    images = torch.from_numpy(dataset.load("shapes").test.images)
    network, _ = restore(paths.weights("small", 0))
    plain, averaged = (
        loop.predict(network, images, "float32", flip_average=average).softmax(1).amax(1).numpy()
        for average in (False, True)
    )
    confidence = load_file(paths.predictions("small"))["confidence"][0]
    np.testing.assert_allclose(confidence, averaged, rtol=1e-5)
    assert not np.allclose(confidence, plain, rtol=1e-3)


def test_missing_weights_name_the_stage_and_leave_nothing_half_written() -> None:
    arm = trained()
    paths.weights("small", 5).unlink()
    with pytest.raises(UserError, match="dvc repro train@small"):
        evaluate("small", arm, "cpu")
    assert not paths.metrics("made", "small").exists()
