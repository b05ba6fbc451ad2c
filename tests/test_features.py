"""Features and the arms on them: from images and a weights file to a network that takes images."""

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
from nnlabs.models import features
from nnlabs import config as params
from nnlabs.core import paths
from nnlabs.data import dataset
from nnlabs.data.catalogue import WEIGHTS
from nnlabs.core.errors import UserError
from nnlabs.evaluation.variant import evaluate
from nnlabs.models.build import restore
from nnlabs.models.transfer import whole
from nnlabs.training import augment, loop, variant
from nnlabs.core.seeding import generator

SIZES = {"train": 30, "val": 12, "test": 15}
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
    folder = paths.dataset("shapes")
    folder.mkdir(parents=True)
    for part, n in SIZES.items():
        labels = np.arange(n) % 3
        images = rng.integers(0, 200, (n, 3, 32, 32))
        for image, label in zip(images, labels, strict=True):
            image[:, 10 * label : 10 * label + 10] += 50
        np.save(folder / f"{part}_images.npy", images.astype(np.uint8))
        np.save(folder / f"{part}_labels.npy", labels.astype(np.int64))
    meta = {
        "dataset": "shapes",
        "classes": ["disc", "ring", "cross"],
        "shape": [3, 32, 32],
        "mean": [0.4] * 3,
        "deviation": [0.2] * 3,
        "sizes": SIZES,
        "edition": "embedded",
        "origin": "made",
        "licence": {"name": "none", "url": "", "citation": ""},
        "content": {"train_images": "made"},
        "split": {"train": [1, 2, 3]},
    }
    (folder / "meta.json").write_text(json.dumps(meta))
    return tmp_path


def settings(epochs: int = 2, **changes: Any) -> params.Params:
    """Features of every cut, and an arm on each."""
    told = params.load()
    cuts = {
        name: params.Features(dataset="shapes", backbone="mobilenet_v2", frozen=frozen, size=SIDE, flip=True, threads=1)
        for name, frozen in CUTS.items()
    }
    arms = {
        name: params.Transfer.model_validate(
            {"lab": "made", "dataset": name, "model": "transfer", "batch_size": 8, "epochs": epochs, "seeds": [0]}
            | {"optimizer": "adamw", "lr": 0.01, "dropout": 0.1}
            | {key: getattr(each, key) for key in ("backbone", "frozen", "size", "flip")}
            | {key: value for key, value in changes.items() if key != "backbone_lr" or name != "all"}
        )
        for name, each in cuts.items()
    }
    return told.model_copy(update={"features": cuts, "arms": arms, "device": "cpu", "precision": "float32"})


def test_activations_are_those_of_the_image_and_of_its_mirror_image() -> None:
    features.write("some", settings())
    images, cut = dataset.load("shapes"), dataset.load("some")
    theirs = official.network("mobilenet_v2").double()
    enlarge = torch.nn.Upsample(size=(SIDE, SIDE), mode="bilinear")
    mean, deviation = (torch.tensor(values).double().view(3, 1, 1) for values in (cut.mean, cut.deviation))
    for part in ("train", "val", "test"):
        pixels = torch.from_numpy(getattr(images, part).images).double() / 255
        views = [pixels, pixels.flip(-1)] if part == "train" else [pixels]
        with torch.no_grad():
            expected = [theirs.features[:11]((enlarge(view) - mean) / deviation) for view in views]
        kept = torch.from_numpy(getattr(cut, part).images)
        assert kept.dtype == torch.float16
        stacked = torch.stack(expected, 1) if part == "train" else expected[0]
        assert kept.shape == stacked.shape
        torch.testing.assert_close(kept.double(), stacked, rtol=2e-3, atol=2e-3 * float(stacked.std()))
        assert np.array_equal(getattr(cut, part).labels, getattr(images, part).labels)
    assert np.array_equal(cut.pictures, images.test.images)
    assert cut.shape == tuple(kept.shape[1:])


def test_what_is_written_beside_the_activations(workshop: Path) -> None:
    features.write("all", settings())
    names = {path.name for path in paths.dataset("all").iterdir()}
    arrays = {f"{part}_{kind}.npy" for part in SIZES for kind in ("images", "labels")}
    assert names == arrays | {"meta.json", "backbone.safetensors", "test_pictures.npy"}
    meta = json.loads((paths.dataset("all") / "meta.json").read_text())
    assert meta == json.loads(paths.provenance("all").read_text())
    assert meta["weights"]["sha256"] == WEIGHTS["mobilenet_v2"].sha256
    assert (meta["features"]["frozen"], meta["features"]["size"]) == (19, SIDE)
    assert meta["frozen_parameters"] == 2_223_872  # all of MobileNetV2 but its output of 1,281,000
    assert (meta["classes"], meta["sizes"], meta["shape"]) == (["disc", "ring", "cross"], SIZES, [1280, 1, 1])
    assert not {"split", "sample"} & meta.keys()
    assert meta["content"].keys() == {"code", "backbone"} | {name.removesuffix(".npy") for name in arrays}
    record = json.loads(paths.features_record("all").read_text())
    assert record["images"] == 2 * 30 + 12 + 15
    assert record["images_per_second"] > 0
    assert record["weights"]["source"] == f"mirror {workshop / 'mirror'}"
    words = json.dumps(meta)
    assert "second" not in words
    assert str(workshop) not in words  # who served the weights is no content


def test_features_of_a_sample_say_so() -> None:
    file = paths.dataset("shapes") / "meta.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"sample": True}))
    features.write("none", settings())
    assert json.loads(paths.provenance("none").read_text())["sample"] is True


def test_features_are_the_same_bytes_twice() -> None:
    features.write("some", settings())
    first = {path.name: path.read_bytes() for path in paths.dataset("some").iterdir()}
    features.write("some", settings())
    assert first == {path.name: path.read_bytes() for path in paths.dataset("some").iterdir()}


def test_with_nothing_frozen_the_images_stay_as_they_are() -> None:
    features.write("none", settings())
    images, kept = dataset.load("shapes"), dataset.load("none")
    for part in ("train", "val", "test"):
        assert np.array_equal(getattr(kept, part).images, getattr(images, part).images)
    assert kept.mean != images.mean  # that of the pretrained weights
    assert kept.meta["frozen_parameters"] == 0
    assert np.array_equal(kept.pictures, images.test.images)


def test_bad_weights_are_one_line_and_leave_nothing(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WEIGHTS, "mobilenet_v2", replace(WEIGHTS["mobilenet_v2"], sha256="0" * 64))
    with pytest.raises(UserError, match="another file came"):
        features.write("all", settings())
    content, sha256 = official.file("resnet18")
    (workshop / "mirror" / WEIGHTS["mobilenet_v2"].file).write_bytes(content)
    monkeypatch.setitem(WEIGHTS, "mobilenet_v2", replace(WEIGHTS["mobilenet_v2"], sha256=sha256))
    with pytest.raises(UserError, match="not torchvision's mobilenet_v2"):
        features.write("all", settings())
    assert not paths.dataset("all").exists()
    assert not paths.provenance("all").exists()


def test_activations_beyond_float16_are_refused(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = official.network("mobilenet_v2")
    theirs.features[10].conv[-1].weight.data *= 1e9  # the last normalisation before the cut
    path = workshop / "mirror" / WEIGHTS["mobilenet_v2"].file
    torch.save(theirs.state_dict(), path)
    told = replace(WEIGHTS["mobilenet_v2"], sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setitem(WEIGHTS, "mobilenet_v2", told)
    with pytest.raises(UserError, match="leave float16"):
        features.write("some", settings())
    assert not paths.dataset("some").exists()


def test_grey_images_are_refused() -> None:
    folder = paths.dataset("shapes")
    meta = json.loads((folder / "meta.json").read_text())
    (folder / "meta.json").write_text(json.dumps(meta | {"shape": [1, 32, 32]}))
    with pytest.raises(UserError, match="'shapes' is grey"):
        features.write("all", settings())


@pytest.mark.parametrize("cut", CUTS)
def test_an_arm_learns_from_its_features_and_becomes_a_network_that_takes_images(cut: str) -> None:
    told = settings(epochs=6)
    features.write(cut, told)
    variant.train(cut, told)
    with paths.history("made", cut).open() as file:
        history = list(csv.DictReader(file))
    assert float(history[-1]["train_loss"]) < float(history[0]["train_loss"])
    evaluate(cut, told.arms[cut], told.device)
    assert np.array_equal(
        np.load(paths.gallery("made", cut) / "images.npy").shape[1:], dataset.load("shapes").test.images.shape[1:]
    )

    network, config = restore(paths.weights(cut, 0))
    data, images = dataset.load(cut), torch.from_numpy(dataset.load("shapes").test.images)
    with torch.no_grad():
        logits = network(torch.from_numpy(data.test.images))
        both = whole(network, config, paths.backbone(cut))
        torch.testing.assert_close(both(images), logits, rtol=0, atol=0.01 * float(logits.std()))
    assert not both.training


def test_an_arm_begins_with_the_pretrained_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    told = settings(epochs=1, lr=1e-12, weight_decay=0)
    features.write("some", told)
    variant.train("some", told)
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
    told = settings(epochs=1)
    change = {"backbone": "resnet18", "frozen": 3}
    cut, arm = (each["some"].model_copy(update=change) for each in (told.features, told.arms))
    told = told.model_copy(update={"features": {"some": cut}, "arms": {"some": arm}})
    features.write("some", told)
    kept, theirs = load_file(paths.backbone("some")), official.network("resnet18").state_dict()
    assert torch.equal(kept["0.conv1.weight"], theirs["conv1.weight"])
    assert torch.equal(kept["4.1.bn2.running_var"], theirs["layer4.1.bn2.running_var"])
    variant.train("some", told)
    evaluate("some", arm, told.device)
    metrics = json.loads(paths.metrics("made", "some").read_text())
    later = [name for name in theirs if name.startswith(("layer3.", "layer4."))]
    trained = [name for name in later if name.endswith((".weight", ".bias"))]
    assert metrics["parameters"] == sum(theirs[name].numel() for name in trained) + 3 * (512 + 1)


def test_an_arm_without_its_backbone_names_the_stage() -> None:
    told = settings()
    features.write("some", told)
    paths.backbone("some").unlink()
    with pytest.raises(UserError, match="`dvc repro features@some` makes it"):
        variant.train("some", told)


@pytest.mark.parametrize("cut", ["none", "some"])
def test_a_resumed_arm_ends_with_the_same_bytes(cut: str, workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = settings(epochs=3, backbone_lr=0.001)
    features.write(cut, told)
    variant.train(cut, told)
    expected = paths.weights(cut, 0).read_bytes(), paths.history("made", cut).read_bytes()
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)
    train_epoch = loop.train_epoch

    def killed(*arguments: Any) -> dict[str, float]:
        if arguments[4] == 3:
            raise KeyboardInterrupt
        return train_epoch(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "train_epoch", killed)
        with pytest.raises(KeyboardInterrupt):
            variant.train(cut, told)
    epochs = []

    def watched(*arguments: Any) -> dict[str, float]:
        epochs.append(arguments[4])
        return train_epoch(*arguments)

    monkeypatch.setattr(loop, "train_epoch", watched)
    variant.train(cut, told)
    assert epochs == [3]
    assert (paths.weights(cut, 0).read_bytes(), paths.history("made", cut).read_bytes()) == expected


def test_flip_takes_the_view_that_it_draws() -> None:
    views = torch.arange(2 * 40, dtype=torch.float16).view(40, 2, 1, 1, 1)
    taken = augment.flip(views, generator(0, "flip"))
    images = torch.tensor([[0, 1]] * 40, dtype=torch.uint8).view(40, 1, 1, 2)
    mirrored = augment.flip(images, generator(0, "flip"))[:, 0, 0, 0].long()
    assert taken.shape == (40, 1, 1, 1)
    assert 10 < mirrored.sum() < 30
    assert torch.equal(taken.flatten(), views.flatten()[2 * torch.arange(40) + mirrored])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_card_computes_the_processors_activations() -> None:
    kept = []
    for device in ("cpu", "cuda"):
        features.write("some", settings().model_copy(update={"device": device}))
        kept.append(np.array(dataset.load("some").train.images, np.float32))
    assert json.loads(paths.provenance("some").read_text())["features"]["device"] == "cuda"
    np.testing.assert_allclose(*kept, rtol=2e-2, atol=2e-3 * kept[0].std())
