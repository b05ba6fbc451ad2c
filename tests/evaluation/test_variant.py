"""A trained variant's look at its test split: what is written of it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load, load_file

from nnlabs.core import paths, sealed
from nnlabs.core.errors import UserError
from nnlabs.data import prepared
from nnlabs.evaluation import outcomes
from nnlabs.evaluation.outcomes import Outcomes
from nnlabs.evaluation.statistics import sampling_error
from nnlabs.evaluation.variant import evaluate
from nnlabs.models.predict import predict
from nnlabs.models.weights import restore
from nnlabs.training.variant import train
from variants import variant

CLASSES = ["disc", "ring", "cross"]
META = {"edition": "embedded", "classes": CLASSES, "shape": [1, 6, 5], "mean": [0.4], "std": [0.2]}
SIZES = {"train": 60, "validation": 30, "test": 45}


@pytest.fixture(autouse=True)
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a prepared dataset: a third of the rows is brighter, which one is the class."""
    for name in ("DATA", "MODELS", "PREDICTIONS", "REPORTS"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    with prepared.writing("shapes") as writer:
        for part, n in SIZES.items():
            labels = np.arange(n) % 3
            images = rng.integers(0, 200, (n, 1, 6, 5))
            for image, label in zip(images, labels, strict=True):
                image[:, 2 * label : 2 * label + 2] += 40
            writer.images(part, [images.astype(np.uint8)], n, (1, 6, 5), np.uint8)
            writer.labels(part, labels)
        writer.meta(META | {"split": {"test": [3, 1, 2]}})
    return tmp_path


def trained(**changes: Any) -> dict[str, Any]:
    """Train a variant `small`; what its evaluation goes by."""
    keys = {"epochs": 2, "seeds": (0, 5), "hidden": (8,), "lr": 0.01} | changes
    small = variant(id="small", dataset="shapes", **keys)
    train(small, "cpu", "float32", "digest")
    settings = {key: getattr(small.training, key) for key in ("seeds", "threads", "tta_flip", "tta_shift")}
    return {"id": "small", "lab": "made", "dataset": "shapes", "model": "mlp", "device": "cpu", **settings}


def told() -> Any:
    return json.loads(paths.scores("made", "small").read_text())


def test_scores_are_those_of_the_networks_on_the_test_split() -> None:
    parameters = trained()
    evaluate(parameters)
    test, scores = prepared.load("shapes").test, told()
    for at, seed in enumerate(parameters["seeds"]):
        network, config = restore(paths.weights("small", seed))
        predicted = predict(network, torch.from_numpy(test.images), "float32", tta_flip=False).argmax(1).numpy()
        counts = np.zeros((3, 3), int)
        np.add.at(counts, (test.labels, predicted), 1)
        assert scores["confusion"][at] == counts.tolist()
        assert scores["class_accuracy"][at] == pytest.approx(counts.diagonal() / counts.sum(1))
        assert scores["accuracy"][at] == (predicted == test.labels).mean()
        assert scores["validation_accuracy"][at] == config["validation"]["accuracy"]
        assert scores["best_epoch"][at] == config["best_epoch"]
    assert (scores["seeds"], scores["test_images"], scores["lr"], scores["tried"]) == ([0, 5], 45, [0.01, 0.01], [])
    assert scores["parameters"] == 30 * 8 + 8 + 8 * 3 + 3
    assert scores["sampling_error"] == sampling_error(float(np.mean(scores["accuracy"])), 45)
    assert len(scores["loss"]) == len(scores["macro_f1"]) == 2
    for accuracy, bins in zip(scores["accuracy"], scores["calibration"], strict=True):
        right = sum(n * share for n, share in zip(bins["images"], bins["right"], strict=True) if n)
        assert (len(bins["images"]), sum(bins["images"]), right) == (15, 45, pytest.approx(45 * accuracy))
    assert scores["data"].pop("content").keys() == {f"{part}_{kind}" for part in SIZES for kind in ("images", "labels")}
    assert scores["data"] == META  # without what tells of each image


def test_the_gallery_is_of_the_first_seed_and_pairs_images_with_their_classes() -> None:
    evaluate(trained())
    test = prepared.load("shapes").test
    predictions = load_file(paths.predictions("small"))
    where = {image.tobytes(): i for i, image in enumerate(test.images)}
    images = np.load(paths.gallery("made", "small"))
    shown = told()["gallery"]
    assert len(images) > len(shown) > 0
    for image, said in zip(images, shown, strict=False):
        i = where[image.tobytes()]
        assert said["image"] == i
        assert said["true"] == CLASSES[test.labels[i]]
        assert said["predicted"] == CLASSES[predictions["predicted"][0, i]]
        assert said["confidence"] == pytest.approx(predictions["confidence"][0, i], abs=1e-4)


def test_samples_follow_the_gallery_and_layers_are_those_of_the_network() -> None:
    evaluate(trained())
    test, scores = prepared.load("shapes").test, told()
    images = np.load(paths.gallery("made", "small"))[len(scores["gallery"]) :]
    assert scores["samples"] == [name for name in CLASSES for _ in range(6)]
    first = [np.flatnonzero(test.labels == k)[:6] for k in range(3)]
    np.testing.assert_array_equal(images, test.images[np.concatenate(first)])
    assert [each["shape"] for each in scores["layers"]] == [[1, 6, 5], [8], [8], [3]]
    assert sum(each["parameters"] for each in scores["layers"]) == scores["parameters"]


def test_predictions_hold_every_seed_and_image() -> None:
    evaluate(trained())
    predictions = load_file(paths.predictions("small"))
    assert {key: (value.shape, value.dtype) for key, value in predictions.items()} == {
        "predicted": ((2, 45), np.int16),
        "confidence": ((2, 45), np.float32),
    }
    assert (predictions["confidence"] > 1 / 3).all() and (predictions["confidence"] <= 1).all()


def test_outcomes_are_what_the_confusions_count() -> None:
    evaluate(trained())
    seen, scores = Outcomes.read(outcomes.path("made", "small")), told()
    assert (seen.labels == prepared.load("shapes").test.labels).all()
    assert (seen.predicted == load_file(paths.predictions("small"))["predicted"]).all()
    assert seen.confusions(len(CLASSES)).tolist() == scores["confusion"]
    assert seen.of(scores["confusion"], "accuracy").mean(1) == pytest.approx(scores["accuracy"])
    assert seen.of(scores["confusion"], "macro_f1").mean(1) == pytest.approx(scores["macro_f1"])


def test_predictions_carry_a_checksum() -> None:
    evaluate(trained())
    path = paths.predictions("small")
    content, known = sealed.read(path)
    assert known == {"seeds": [0, 5]}
    assert load(content).keys() == {"predicted", "confidence"}
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ValueError, match="other bytes than were written"):
        sealed.read(path)


def test_two_evaluations_write_the_same_bytes(workshop: Path) -> None:
    def written() -> dict[Path, bytes]:
        evaluate(parameters)
        folders = (paths.results("made"), paths.PREDICTIONS)
        return {file: file.read_bytes() for folder in folders for file in folder.rglob("*") if file.is_file()}

    parameters = trained()
    first = written()
    assert sorted(str(file.relative_to(workshop)) for file in first) == [
        "predictions/small.safetensors",
        "reports/results/made/small/history.csv",
        "reports/results/made/small/test/gallery.npy",
        "reports/results/made/small/test/outcomes.npy",
        "reports/results/made/small/test/scores.json",
    ]
    assert written() == first


def test_a_grid_keeps_what_was_tried() -> None:
    evaluate(trained(seeds=(3,), lr=None, lr_grid=(1e-9, 0.01)))
    scores = told()
    assert (scores["seeds"], scores["lr"]) == ([3], [0.01])
    assert [each["lr"] for each in scores["tried"]] == [1e-9, 0.01]
    assert [max(each["validation_accuracy"] for each in scores["tried"])] == scores["validation_accuracy"]


def test_a_variant_that_learned_from_validation_has_no_validation_accuracy() -> None:
    evaluate(trained(fit="train+validation"))
    scores = told()
    assert (scores["validation_accuracy"], scores["best_epoch"]) == (None, [2, 2])
    assert min(scores["accuracy"]) > 0


def test_a_variant_that_averages_over_flips_is_scored_so() -> None:
    evaluate(trained(tta_flip=True))
    images = torch.from_numpy(prepared.load("shapes").test.images)
    network, _ = restore(paths.weights("small", 0))
    plain, averaged = (
        predict(network, images, "float32", tta_flip=average).softmax(1).amax(1).numpy() for average in (False, True)
    )
    confidence = load_file(paths.predictions("small"))["confidence"][0]
    np.testing.assert_allclose(confidence, averaged, rtol=1e-5)
    assert not np.allclose(confidence, plain, rtol=1e-3)


def test_missing_weights_name_the_stage_and_leave_nothing_half_written() -> None:
    parameters = trained()
    paths.weights("small", 5).unlink()
    with pytest.raises(UserError, match="dvc repro train@small"):
        evaluate(parameters)
    assert not paths.scores("made", "small").exists()


def test_what_the_lab_asks_for_beyond_scores_is_kept() -> None:
    parameters = trained()
    evaluate(parameters)
    assert "shifts" not in told()
    evaluate(parameters | {"evaluation": {"shifts": [0, 2], "images": 30, "filters": 4}})
    found = told()
    assert found["filters"] is None  # an MLP has none
    assert (found["shifts"]["pixels"], found["shifts"]["images"]) == ([0, 2], 30)
    assert np.shape(found["shifts"]["accuracy"]) == (2, 2)
    unmoved = (
        load_file(paths.predictions("small"))["predicted"][:, :30] == prepared.load("shapes").test.labels[:30]
    ).mean(1)
    assert [row[0] for row in found["shifts"]["accuracy"]] == pytest.approx(unmoved)
