"""Features and the variants on them: from images and a weights file to a network that takes images."""

import csv
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import official
from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.core.seeding import generator
from nnlabs.data import meta as known
from nnlabs.data import prepared
from nnlabs.data.catalogue.weights import WEIGHTS
from nnlabs.data.prepared import PARTS
from nnlabs.evaluation.variant import evaluate
from nnlabs.models import features
from nnlabs.models.pretrained import SHARED, FeatureSettings
from nnlabs.models.transfer import whole
from nnlabs.models.weights import restore
from nnlabs.training import augment, loop
from nnlabs.training.distributed import SINGLE
from nnlabs.training.settings import Variant
from nnlabs.training.split import Split, TwoViews
from nnlabs.training.variant import train
from variants import composed

SIZES = {"train": 30, "validation": 12, "test": 15}
CUTS = {"none": 0, "some": 11, "all": 19}
SIDE = 64


@pytest.fixture(autouse=True)
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small dataset, and a mirror with made weights, which the catalogue knows."""
    for name in ("DATA", "MODELS", "PREDICTIONS", "REPORTS"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NNLABS_MIRROR", str(tmp_path / "mirror"))
    content, sha256 = official.file("mobilenet_v2")
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / WEIGHTS["mobilenet_v2"].file).write_bytes(content)
    monkeypatch.setitem(WEIGHTS, "mobilenet_v2", replace(WEIGHTS["mobilenet_v2"], sha256=sha256, urls=(), packages=()))
    rng = np.random.default_rng(0)
    meta = {
        "dataset": "shapes",
        "classes": ["disc", "ring", "cross"],
        "shape": [3, 32, 32],
        "mean": [0.4] * 3,
        "std": [0.2] * 3,
        "sizes": SIZES,
        "edition": "embedded",
        "origin": "made",
        "split": {"train": [1, 2, 3]},
    }
    with prepared.writing("shapes") as writer:
        for part, n in SIZES.items():
            labels = np.arange(n) % 3
            images = rng.integers(0, 200, (n, 3, 32, 32))
            for image, label in zip(images, labels, strict=True):
                image[:, 10 * label : 10 * label + 10] += 50
            writer.images(part, [images.astype(np.uint8)], n, (3, 32, 32), np.uint8)
            writer.labels(part, labels)
        writer.meta(meta)
    return tmp_path


def cut(name: str, **changes: Any) -> FeatureSettings:
    """The features that have this name."""
    given = {"dataset": "shapes", "backbone": "mobilenet_v2", "frozen": CUTS[name], "size": SIDE, "flip": True}
    return FeatureSettings.model_validate(given | changes)


def write(name: str, **changes: Any) -> FeatureSettings:
    """Compute them."""
    features.write(name, cut(name, **changes), "cpu", "float32")
    return cut(name, **changes)


def on(name: str, of: FeatureSettings | None = None, **changes: Any) -> Variant:
    """A variant on the features of this name."""
    shared = {key: getattr(of or cut(name), key) for key in SHARED}
    training = {"batch_size": 8, "epochs": 2, "seeds": [0], "optimizer": "adamw", "lr": 0.01, "dropout": 0.1}
    return composed(id=name, dataset=name, model="transfer", **training | shared | changes)


def learn(variant: Variant) -> None:
    train(variant, "cpu", "float32", "digest")


def evaluated(variant: Variant) -> Any:
    training = variant.training
    named = {"id": variant.id, "lab": variant.lab, "dataset": variant.dataset, "seeds": training.seeds}
    evaluate(named | {"tta_flip": training.tta_flip, "tta_shift": training.tta_shift, "device": "cpu"})
    return json.loads(paths.scores(variant.lab, variant.id).read_text())


def meta(name: str) -> Any:
    return json.loads((paths.dataset(name) / "meta.json").read_text())


def test_activations_are_those_of_the_image_and_of_its_mirror_image() -> None:
    write("some")
    images, made = prepared.load("shapes"), prepared.load("some")
    theirs = official.network("mobilenet_v2").double()
    enlarge = torch.nn.Upsample(size=(SIDE, SIDE), mode="bilinear")
    mean, deviation = (torch.tensor(values).double().view(3, 1, 1) for values in (made.mean, made.std))
    for part in PARTS:
        pixels = torch.from_numpy(getattr(images, part).images).double() / 255
        views = [pixels, pixels.flip(-1)] if part == "train" else [pixels]
        with torch.no_grad():
            expected = [theirs.features[:11]((enlarge(view) - mean) / deviation) for view in views]
        kept = torch.from_numpy(getattr(made, part).images)
        assert kept.dtype == torch.float16
        stacked = torch.stack(expected, 1) if part == "train" else expected[0]
        assert kept.shape == stacked.shape
        torch.testing.assert_close(kept.double(), stacked, rtol=2e-3, atol=2e-3 * float(stacked.std()))
        assert np.array_equal(getattr(made, part).labels, getattr(images, part).labels)
    assert np.array_equal(made.originals, images.test.images)
    assert made.shape == tuple(kept.shape[1:])


def test_what_is_written_beside_the_activations(workshop: Path) -> None:
    write("all")
    names = {path.name for path in paths.dataset("all").iterdir()}
    arrays = {f"{part}_{kind}.npy" for part in SIZES for kind in ("images", "labels")}
    assert names == arrays | {"meta.json", "backbone.safetensors", "test_originals.npy"}
    known, entry = meta("all"), WEIGHTS["mobilenet_v2"]
    assert known["weights"] == {"file": entry.file, "sha256": entry.sha256}
    assert (known["features"]["frozen"], known["features"]["size"]) == (19, SIDE)
    assert known["frozen_parameters"] == 2_223_872  # all of MobileNetV2 but its output of 1,281,000
    assert (known["classes"], known["sizes"], known["shape"]) == (["disc", "ring", "cross"], SIZES, [1280, 1, 1])
    assert not {"split", "sample", "licence"} & known.keys()
    assert known["content"].keys() == {"backbone", "test_originals"} | {name.removesuffix(".npy") for name in arrays}
    record = json.loads(paths.features_record("all").read_text())
    assert record["images"] == 2 * 30 + 12 + 15
    assert record["images_per_second"] > 0
    assert record["weights"]["source"] == "mirror"
    words = json.dumps(known)
    assert "second" not in words
    assert str(workshop) not in words  # who served the weights is no content


def test_features_of_a_sample_say_so() -> None:
    known.write(paths.dataset("shapes"), known.read("shapes") | {"sample": True})
    write("none")
    assert meta("none")["sample"] is True


def test_features_are_the_same_bytes_twice() -> None:
    write("some")
    first = {path.name: path.read_bytes() for path in paths.dataset("some").iterdir()}
    write("some")
    assert first == {path.name: path.read_bytes() for path in paths.dataset("some").iterdir()}


def test_with_nothing_frozen_the_images_stay_as_they_are() -> None:
    write("none")
    images, kept = prepared.load("shapes"), prepared.load("none")
    for part in PARTS:
        assert np.array_equal(getattr(kept, part).images, getattr(images, part).images)
    assert kept.mean != images.mean  # that of the pretrained weights
    assert kept.meta["frozen_parameters"] == 0
    assert np.array_equal(kept.originals, images.test.images)


def test_bad_weights_are_one_line_and_leave_nothing(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WEIGHTS, "mobilenet_v2", replace(WEIGHTS["mobilenet_v2"], sha256="0" * 64))
    with pytest.raises(UserError, match="another file came"):
        write("all")
    content, sha256 = official.file("resnet18")
    (workshop / "mirror" / WEIGHTS["mobilenet_v2"].file).write_bytes(content)
    monkeypatch.setitem(WEIGHTS, "mobilenet_v2", replace(WEIGHTS["mobilenet_v2"], sha256=sha256))
    with pytest.raises(UserError, match="not torchvision's mobilenet_v2"):
        write("all")
    assert not paths.dataset("all").exists()
    assert not paths.features_record("all").exists()


def test_activations_beyond_float16_are_refused(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = official.network("mobilenet_v2")
    theirs.features[10].conv[-1].weight.data *= 1e9  # the last normalisation before the cut
    path = workshop / "mirror" / WEIGHTS["mobilenet_v2"].file
    torch.save(theirs.state_dict(), path)
    told = replace(WEIGHTS["mobilenet_v2"], sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setitem(WEIGHTS, "mobilenet_v2", told)
    with pytest.raises(UserError, match="leave float16"):
        write("some")
    assert not paths.dataset("some").exists()


def test_grey_images_are_refused() -> None:
    known.write(paths.dataset("shapes"), known.read("shapes") | {"shape": [1, 32, 32]})
    with pytest.raises(UserError, match="'shapes' is grey"):
        write("all")


@pytest.mark.parametrize("name", CUTS)
def test_a_variant_learns_from_its_features_and_becomes_a_network_that_takes_images(name: str) -> None:
    write(name)
    learn(variant := on(name, epochs=6))
    with paths.history("made", name).open() as file:
        history = list(csv.DictReader(file))
    assert float(history[-1]["train_loss"]) < float(history[0]["train_loss"])
    evaluated(variant)
    assert np.load(paths.gallery("made", name)).shape[1:] == prepared.load("shapes").test.images.shape[1:]

    network, config = restore(paths.weights(name, 0))
    data, images = prepared.load(name), torch.from_numpy(prepared.load("shapes").test.images)
    with torch.no_grad():
        logits = network(torch.from_numpy(data.test.images))
        both = whole(network, config, paths.backbone(name))
        torch.testing.assert_close(both(images), logits, rtol=0, atol=0.01 * float(logits.std()))
    assert not both.training


def test_a_variant_begins_with_the_pretrained_weights() -> None:
    write("some")
    learn(on("some", epochs=1, lr=1e-12))
    network, _ = restore(paths.weights("some", 0))
    pretrained = load_file(paths.backbone("some"))
    trained = dict(network.backbone.named_parameters())  # type: ignore[union-attr]
    assert trained
    for name, value in trained.items():
        torch.testing.assert_close(value.data, pretrained[name], rtol=0, atol=1e-6)


def test_a_resnet_goes_the_whole_way(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content, sha256 = official.file("resnet18")
    (workshop / "mirror" / WEIGHTS["resnet18"].file).write_bytes(content)
    monkeypatch.setitem(WEIGHTS, "resnet18", replace(WEIGHTS["resnet18"], sha256=sha256, urls=()))
    chosen = write("some", backbone="resnet18", frozen=3)
    kept, theirs = load_file(paths.backbone("some")), official.network("resnet18").state_dict()
    assert torch.equal(kept["0.conv1.weight"], theirs["conv1.weight"])
    assert torch.equal(kept["4.1.bn2.running_var"], theirs["layer4.1.bn2.running_var"])
    learn(variant := on("some", chosen, epochs=1))
    scores = evaluated(variant)
    later = [name for name in theirs if name.startswith(("layer3.", "layer4."))]
    trained = [name for name in later if name.endswith((".weight", ".bias"))]
    assert scores["parameters"] == sum(theirs[name].numel() for name in trained) + 3 * (512 + 1)


def test_a_variant_without_its_backbone_names_the_stage() -> None:
    write("some")
    paths.backbone("some").unlink()
    with pytest.raises(UserError, match="`dvc repro features@some` makes it"):
        learn(on("some"))


@pytest.mark.parametrize("name", ["none", "some"])
def test_a_resumed_variant_ends_with_the_same_bytes(name: str, workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(name)
    learn(variant := on(name, epochs=3, backbone_lr=0.001))
    expected = paths.weights(name, 0).read_bytes(), paths.history("made", name).read_bytes()
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)
    train_epoch = loop.train_epoch

    def killed(*arguments: Any) -> dict[str, float]:
        if arguments[4] == 3:
            raise KeyboardInterrupt
        return train_epoch(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "train_epoch", killed)
        with pytest.raises(KeyboardInterrupt):
            learn(variant)
    epochs = []

    def watched(*arguments: Any) -> dict[str, float]:
        epochs.append(arguments[4])
        return train_epoch(*arguments)

    monkeypatch.setattr(loop, "train_epoch", watched)
    learn(variant)
    assert epochs == [3]
    assert (paths.weights(name, 0).read_bytes(), paths.history("made", name).read_bytes()) == expected


def test_flip_takes_the_view_that_it_draws() -> None:
    views = torch.arange(2 * 40, dtype=torch.float16).view(40, 2, 1, 1, 1)
    images = torch.tensor([[0, 1]] * 40, dtype=torch.uint8).view(40, 1, 1, 2)
    chosen, labels = augment.coins(generator(0, "flip"), SINGLE.shard(40)), torch.zeros(40, dtype=torch.int64)
    taken = TwoViews([views], labels, views.device).mirrored(views, chosen)
    mirrored = Split([images], labels, images.device).mirrored(images, chosen)[:, 0, 0, 0].long()
    assert taken.shape == (40, 1, 1, 1)
    assert 10 < mirrored.sum() < 30
    assert torch.equal(taken.flatten(), views.flatten()[2 * torch.arange(40) + mirrored])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_card_computes_the_processors_activations() -> None:
    kept = []
    for device in ("cpu", "cuda"):
        features.write("some", cut("some"), device, "float32")
        kept.append(np.array(prepared.load("some").train.images, np.float32))
    assert meta("some")["features"]["device"] == "cuda"
    np.testing.assert_allclose(*kept, rtol=2e-2, atol=2e-3 * kept[0].std())
