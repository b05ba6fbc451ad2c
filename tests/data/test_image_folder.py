"""From an image folder to a dataset: parts, duplicates, files that are no plain images, samples, boxes."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from imaging import Make, class_folders, encoded, scene, stanford_cars, write
from making import Made, in_place_of, make, meta
from PIL import Image

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.data import arrays, image_file, prepared
from nnlabs.data.settings import ImageSettings

CLASSES = ("cat", "dog", "wild")


STATED = {"origin": "afhq", "seed": 0, "validation": 0.25, "size": 8}


def prepare(name: str = "made", *, sample: bool = False, **changes: Any) -> None:
    make(name, "original", sample=sample, **STATED | changes)


@pytest.fixture
def mirror(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NNLABS_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    return tmp_path / "mirror"


@pytest.fixture
def animals(mirror: Path, small: Make) -> Path:
    small("afhq", counts={"train": 24, "test": 9})
    return class_folders(mirror / "afhq", {"train": 8, "val": 3}, CLASSES)


def test_a_folder_becomes_a_dataset(animals: Path) -> None:
    prepare()
    data = prepared.load("made")
    assert data.classes == list(CLASSES)
    assert data.shape == (3, 8, 8)
    assert [len(part.labels) for part in (data.train, data.validation, data.test)] == [18, 6, 9]
    assert np.bincount(data.validation.labels).tolist() == [2, 2, 2]
    for part in ("train", "validation", "test"):
        images, labels = (np.load(paths.dataset("made") / f"{part}_{kind}.npy") for kind in ("images", "labels"))
        assert (images.dtype, labels.dtype) == (np.uint8, np.int64)
        for image, label, file in zip(images, labels, data.meta["split"][part], strict=True):
            assert file.split("/")[:2] == ["val" if part == "test" else "train", CLASSES[label]]
            assert np.array_equal(image, image_file.read(animals / file, 8).pixels)
    pixels = data.train.images / 255
    np.testing.assert_allclose(data.mean, pixels.mean((0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(data.std, pixels.std((0, 2, 3)), rtol=1e-12)
    assert meta("made")["images"] == {
        "parts": {"train": "train", "test": "val"},
        "files": 33,
        "counts": {},
        "duplicates": 0,
        "merged": {},
    }
    assert "sample" not in meta("made")
    assert not [path.name for path in paths.DATA.iterdir() if path.name != "made"]


def test_twice_and_in_several_processes_gives_the_same_bytes(animals: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def bytes_of() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in paths.dataset("made").iterdir()}

    prepare()
    first = bytes_of()
    monkeypatch.setattr("nnlabs.data.shrink.FEW", 0)
    monkeypatch.setattr("nnlabs.data.shrink.TASK", 5)
    monkeypatch.setattr("nnlabs.data.shrink._cores", lambda: 2)
    prepare()
    assert bytes_of() == first


def test_odd_files_are_counted_named_and_told(
    animals: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cat = animals / "train" / "cat"
    monkeypatch.setattr(image_file, "MOST_PIXELS", 2000)
    write(cat / "00.jpg", b"")
    write(cat / "01.jpg", encoded(scene(), "JPEG")[:300])
    write(cat / "02.jpg", b"<html>")
    write(cat / "03.jpg", encoded(scene(90, 90)))
    write(cat / "04.jpg", encoded(scene(seed=501).convert("CMYK"), "JPEG"))
    write(cat / "05.jpg", encoded(scene(seed=502).convert("L"), "JPEG"))
    write(cat / "notes.txt", b"")
    exif = Image.Exif()
    exif[274] = 6
    write(cat / "06.jpg", encoded(scene(seed=503), "JPEG", exif=exif))
    prepare()
    found = meta("made")
    kinds = ("empty", "broken", "no image", "enormous", "CMYK", "grey", "turned", "no image's suffix")
    assert found["images"]["counts"] == dict.fromkeys(kinds, 1)
    assert found["images"]["files"] == 34
    assert found["sizes"] == {"train": 15, "validation": 5, "test": 9}
    said = capsys.readouterr().out
    assert "made: 1 broken (left out): 'train/cat/01.jpg'\n" in said
    assert "made: 1 CMYK: 'train/cat/04.jpg'\n" in said
    assert "made: 1 no image's suffix: 'train/cat/notes.txt'\n" in said
    assert prepared.load("made").meta["named"]["enormous"] == ["train/cat/03.jpg"]


def test_what_a_killed_run_left_is_taken_away_in_either_edition(
    animals: Path, colour: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_place_of(monkeypatch, colour.origin)
    monkeypatch.setattr(arrays, "fetch", lambda origin: (colour.arrays, {"source": "made"}))
    left = paths.DATA / ".made.pixels"
    for chosen in ({}, {"origin": "cifar10", "size": None}):
        write(left, b"x")
        prepare(**chosen)
        assert not left.exists()


def test_identical_images_are_kept_once_a_training_image_before_others(
    animals: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = (animals / "train" / "dog" / "03.jpg").read_bytes()
    write(animals / "val" / "dog" / "01.jpg", content)
    # other bytes, the same image
    write(animals / "val" / "cat" / "02.jpg", (animals / "train" / "wild" / "02.jpg").read_bytes() + b"\0")
    write(animals / "train" / "dog" / "07.jpg", content)  # which a carved validation part could have got
    prepare()
    found = meta("made")
    assert found["images"]["duplicates"] == 3
    assert found["sizes"] == {"train": 17, "validation": 6, "test": 7}
    data = prepared.load("made")
    assert not {"val/dog/01.jpg", "val/cat/02.jpg"} & set(data.meta["split"]["test"])
    each = [image.tobytes() for part in (data.train, data.validation, data.test) for image in part.images]
    assert len(each) == len(set(each))
    said = capsys.readouterr().out
    assert (
        "made: 2 images identical to one of another part (left out): 'val/cat/02.jpg', 'val/dog/01.jpg'\n"
        "made: 1 images identical to one before them in their part (left out): 'train/dog/07.jpg'\n"
    ) in said


@pytest.fixture
def dogs(mirror: Path, small: Make) -> Path:
    small("dogs70", tree="", classes=2, counts={"train": 8, "validation": 2, "test": 4})
    root = class_folders(mirror / "dogs70", {"train": 4, "test": 2}, ("American Spaniel", "Boxer"))
    for i, name in enumerate(("American  Spaniel", "Boxer")):
        write(root / "valid" / name / "1.jpg", encoded(scene(seed=900 + i), "JPEG"))
    return root


def test_an_origins_own_validation_part_is_taken_where_none_is_carved(dogs: Path) -> None:
    prepare(origin="dogs70", validation=None)
    found = meta("made")
    assert found["sizes"] == {"train": 8, "validation": 2, "test": 4}
    assert found["images"]["merged"] == {
        "American Spaniel": ["train/American Spaniel", "valid/American  Spaniel", "test/American Spaniel"]
    }
    assert prepared.load("made").validation.labels.tolist() == [0, 1]
    prepare("carved", origin="dogs70", validation=2)
    assert meta("carved")["sizes"] == {"train": 6, "validation": 2, "test": 4}


def test_validation_images_that_are_training_images_are_dropped_and_told(
    dogs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(dogs / "valid" / "Boxer" / "1.jpg", (dogs / "train" / "Boxer" / "02.jpg").read_bytes())
    prepare(origin="dogs70", validation=None)
    assert meta("made")["sizes"] == {"train": 8, "validation": 1, "test": 4}
    assert "1 images identical to one of another part (left out): 'valid/Boxer/1.jpg'" in capsys.readouterr().out


@pytest.mark.usefixtures("read_here")
def test_cars_are_cut_to_their_boxes(mirror: Path, small: Make) -> None:
    stanford_cars(mirror / "stanford_cars", ("Audi", "BMW"), 4, 2)
    for name, boxed in (("boxed", True), ("whole", False)):
        prepare(name, sample=True, origin="cars", crop_to_box=boxed)
    # the box is the red quarter; blue is in another one
    boxed, whole = (prepared.load(name).mean for name in ("boxed", "whole"))
    assert boxed[0] > 0.7 and boxed[2] < 0.25
    assert whole[2] > 0.3
    found = meta("boxed")
    assert found["sample"] is True
    assert found["sizes"] == {"train": 6, "validation": 2, "test": 4}


@pytest.mark.usefixtures("read_here")
def test_boxes_of_other_images_are_refused(mirror: Path, small: Make) -> None:
    """As those of the whole images beside images that were cropped to them."""
    root = stanford_cars(mirror / "stanford_cars", ("Audi", "BMW"), 4, 2)
    for path in root.rglob("*.jpg"):
        write(path, encoded(Image.open(path).crop((0, 0, 20, 16)), "JPEG"))
    boxed: dict[str, Any] = {"sample": True, "origin": "cars", "crop_to_box": True}
    with pytest.raises(
        UserError, match=r"made: 12 of 12 boxes leave their image, as that of cars_test/00001\.jpg: were"
    ):
        prepare(**boxed)
    assert not paths.dataset("made").exists()
    prepare(**boxed | {"crop_to_box": False})


def test_a_sample_is_cut_to_fit(animals: Path, mirror: Path) -> None:
    for path in (animals / "val" / "wild").iterdir():
        path.unlink()
    with pytest.raises(UserError, match="6 test images found, 9 needed"):
        prepare()
    assert not paths.DATA.exists()
    prepare(sample=True, train_per_class=5000, test_per_class=1000, validation=400)
    found = meta("made")
    assert (found["classes"], found["sample"]) == (["cat", "dog"], True)
    assert found["sizes"]["test"] == 6
    assert found["sizes"]["train"] >= 2 and found["sizes"]["train"] + found["sizes"]["validation"] == 16
    groups = {"pet": ["cat", "dog"], "other": ["wild"]}
    with pytest.raises(UserError, match="the sample has 1 classes"):
        prepare(sample=True, groups=groups)


def test_other_images_than_at_first_are_refused(animals: Path) -> None:
    prepare()
    write(animals / "val" / "dog" / "01.jpg", encoded(scene(seed=901)))
    with pytest.raises(UserError, match="other images than those that mirror"):
        prepare()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"validation": None}, r"datasets\.made\.validation: missing; afhq has no validation part"),
        ({"classes": ["cow", "cat"]}, r"datasets\.made\.classes: 'cow' is no class of afhq; allowed: cat, dog, wild"),
    ],
)
def test_settings_that_do_not_fit_an_image_folder(animals: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        prepare(**changes)
    assert not list(paths.DATA.glob("*"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size": None}, "size: missing; the images of afhq differ in size"),
        ({"crop_to_box": True}, "crop_to_box: afhq has no boxes"),
        ({"origin": "cifar10"}, "size: the images of cifar10 have one size"),
        ({"origin": "cifar10", "size": None, "crop_to_box": True}, "crop_to_box: cifar10 has no boxes"),
        ({"classes": ["cat"]}, "classes: 1 found; a dataset has two classes or more"),
        ({"classes": []}, "classes: 0 found"),
        ({"classes": ["cat", "dog", "cat"]}, "classes: 'cat' is named twice"),
        ({"groups": {"pet": ["cat", "dog"], "other": ["dog"]}}, "groups: 'dog' is named twice"),
        ({"groups": {"pet": ["cat"]}}, "groups: 1 found"),
        ({"classes": ["cat", "dog"], "groups": {"a": ["cat"], "b": ["dog"]}}, "exclude each other"),
        ({"validation": 1.5}, "validation: 1.5 found; allowed: a whole number"),
        ({"origin": "afqh"}, "'afhq'"),
    ],
)
def test_settings_that_are_refused_before_anything_runs(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ImageSettings.model_validate(STATED | changes)
