"""From a folder of pictures to a dataset: parts, duplicates, files that are no plain pictures, samples, boxes."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making import Made
from picturing import Make, class_folders, encoded, scene, stanford_cars, write
from PIL import Image

from nnlabs import config as params
from nnlabs.core import paths
from nnlabs.data import dataset, fetch, pictures
from nnlabs.data.prepare import prepare
from nnlabs.core.errors import UserError
from nnlabs.reporting import provenance as told

CLASSES = ("cat", "dog", "wild")


def settings(**changes: Any) -> params.Dataset:
    return params.Dataset.model_validate({"origin": "afhq", "seed": 0, "validation": 0.25, "size": 8} | changes)


@pytest.fixture
def mirror(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NNLABS_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    return tmp_path / "mirror"


@pytest.fixture
def animals(mirror: Path, small: Make) -> Path:
    small("afhq", counts={"train": 24, "test": 9})
    return class_folders(mirror / "afhq", {"train": 8, "val": 3}, CLASSES)


def provenance(name: str = "made") -> dict[str, Any]:
    content: dict[str, Any] = json.loads(paths.provenance(name).read_text())
    return content


def test_a_folder_becomes_a_dataset(animals: Path) -> None:
    prepare("made", settings(), "original")
    data = dataset.load("made")
    assert data.classes == list(CLASSES)
    assert data.shape == (3, 8, 8)
    assert [len(part.labels) for part in (data.train, data.val, data.test)] == [18, 6, 9]
    assert np.bincount(data.val.labels).tolist() == [2, 2, 2]
    for part in ("train", "val", "test"):
        images, labels = (np.load(paths.dataset("made") / f"{part}_{kind}.npy") for kind in ("images", "labels"))
        assert (images.dtype, labels.dtype) == (np.uint8, np.int64)
        for image, label, file in zip(images, labels, data.meta["split"][part], strict=True):
            assert file.split("/")[:2] == ["val" if part == "test" else "train", CLASSES[label]]
            assert np.array_equal(image, pictures.read(animals / file, 8).pixels)
    pixels = data.train.images / 255
    np.testing.assert_allclose(data.mean, pixels.mean((0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(data.deviation, pixels.std((0, 2, 3)), rtol=1e-12)
    assert provenance()["pictures"] == {
        "rule": pictures.rule(to_box=False),
        "parts": {"train": "train", "test": "val"},
        "files": 33,
        "counts": {},
        "duplicates": 0,
        "merged": {},
    }
    assert "sample" not in provenance()
    assert not [path.name for path in paths.DATA.iterdir() if path.name != "made"]


def test_twice_and_in_several_processes_gives_the_same_bytes(animals: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def bytes_of() -> dict[str, bytes]:
        files = [*paths.dataset("made").iterdir(), paths.provenance("made")]
        return {path.name: path.read_bytes() for path in files}

    prepare("made", settings(), "original")
    first = bytes_of()
    monkeypatch.setattr("nnlabs.data.shrink.FEW", 0)
    monkeypatch.setattr("nnlabs.data.shrink.TASK", 5)
    monkeypatch.setattr("nnlabs.data.shrink._cores", lambda: 2)
    prepare("made", settings(), "original")
    assert bytes_of() == first


def test_odd_files_are_counted_named_and_told(
    animals: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cat = animals / "train" / "cat"
    monkeypatch.setattr(pictures, "MOST_PIXELS", 2000)
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
    prepare("made", settings(), "original")
    found = provenance()
    kinds = ("empty", "broken", "no picture", "enormous", "CMYK", "grey", "turned", "no picture's suffix")
    assert found["pictures"]["counts"] == dict.fromkeys(kinds, 1)
    assert found["pictures"]["files"] == 34
    assert found["sizes"] == {"train": 15, "val": 5, "test": 9}
    said = capsys.readouterr().out
    assert "made: 1 broken (left out): 'train/cat/01.jpg'\n" in said
    assert "made: 1 CMYK: 'train/cat/04.jpg'\n" in said
    assert "made: 1 no picture's suffix: 'train/cat/notes.txt'\n" in said
    assert dataset.load("made").meta["named"]["enormous"] == ["train/cat/03.jpg"]
    page = " ".join(told.pictures(found))
    assert "Of 34 files: " in page and "1 CMYK" in page and pictures.rule(to_box=False) in page
    assert "The set's folders: `train` (training) and `val` (test)." in page


def test_what_a_killed_run_left_is_taken_away_in_either_edition(
    animals: Path, colour: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "fetch", lambda origin: (colour.arrays, {"source": "made"}))
    left = paths.DATA / ".made.pixels"
    for chosen in (settings(), settings(origin="cifar10", size=None)):
        write(left, b"x")
        prepare("made", chosen, "original")
        assert not left.exists()


def test_test_pictures_of_another_part_are_dropped(animals: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = (animals / "train" / "dog" / "03.jpg").read_bytes()
    write(animals / "val" / "dog" / "01.jpg", content)
    # other bytes, the same picture
    write(animals / "val" / "cat" / "02.jpg", (animals / "train" / "wild" / "02.jpg").read_bytes() + b"\0")
    prepare("made", settings(), "original")
    found = provenance()
    assert found["pictures"]["duplicates"] == 2
    assert found["sizes"]["test"] == 7
    data = dataset.load("made")
    assert not {"val/dog/01.jpg", "val/cat/02.jpg"} & set(data.meta["split"]["test"])
    mine = {image.tobytes() for image in data.test.images}
    assert not mine & {image.tobytes() for part in (data.train, data.val) for image in part.images}
    assert "2 test pictures identical to one of another part" in capsys.readouterr().out
    assert "2 test pictures identical to one of another part were dropped." in told.pictures(found)


@pytest.fixture
def dogs(mirror: Path, small: Make) -> Path:
    small("dogs70", classes=2, counts={"train": 8, "val": 2, "test": 4})
    root = class_folders(mirror / "dogs70", {"train": 4, "test": 2}, ("American Spaniel", "Boxer"))
    for i, name in enumerate(("American  Spaniel", "Boxer")):
        write(root / "valid" / name / "1.jpg", encoded(scene(seed=900 + i), "JPEG"))
    return root


def test_an_origins_own_validation_part_is_taken_where_none_is_carved(dogs: Path) -> None:
    prepare("made", settings(origin="dogs70", validation=None), "original")
    found = provenance()
    assert found["sizes"] == {"train": 8, "val": 2, "test": 4}
    assert found["pictures"]["merged"] == {
        "American Spaniel": ["train/American Spaniel", "valid/American  Spaniel", "test/American Spaniel"]
    }
    assert dataset.load("made").val.labels.tolist() == [0, 1]
    prepare("carved", settings(origin="dogs70", validation=2), "original")
    assert provenance("carved")["sizes"] == {"train": 6, "val": 2, "test": 4}


def test_cars_are_cut_to_their_boxes(mirror: Path, small: Make) -> None:
    stanford_cars(mirror / "stanford_cars", ("Audi", "BMW"), 4, 2)
    for name, boxed in (("boxed", True), ("whole", False)):
        prepare(name, settings(origin="cars", crop_to_box=boxed), "original", sample=True)
    # the box is the red quarter; blue is in another one
    boxed, whole = (dataset.load(name).mean for name in ("boxed", "whole"))
    assert boxed[0] > 0.7 and boxed[2] < 0.25
    assert whole[2] > 0.3
    for name, to_box in (("boxed", True), ("whole", False)):
        assert provenance(name)["pictures"]["rule"] == pictures.rule(to_box=to_box)
    found = provenance("boxed")
    assert found["sample"] is True
    assert found["sizes"] == {"train": 6, "val": 2, "test": 4}


def test_a_sample_is_cut_to_fit(animals: Path, mirror: Path) -> None:
    for path in (animals / "val" / "wild").iterdir():
        path.unlink()
    with pytest.raises(UserError, match="6 test pictures found, 9 needed"):
        prepare("made", settings(), "original")
    assert not paths.DATA.exists()
    prepare("made", settings(train_per_class=5000, test_per_class=1000, validation=400), "original", sample=True)
    found = provenance()
    assert (found["classes"], found["sample"]) == (["cat", "dog"], True)
    assert found["sizes"]["test"] == 6
    assert found["sizes"]["train"] >= 2 and found["sizes"]["train"] + found["sizes"]["val"] == 16
    groups = {"pet": ["cat", "dog"], "other": ["wild"]}
    with pytest.raises(UserError, match="the sample has 1 classes"):
        prepare("made", settings(groups=groups), "original", sample=True)


def test_other_pictures_than_at_first_are_refused(animals: Path) -> None:
    prepare("made", settings(), "original")
    write(animals / "val" / "dog" / "01.jpg", encoded(scene(seed=901)))
    with pytest.raises(UserError, match="other pictures than those that mirror"):
        prepare("made", settings(), "original")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size": None}, r"datasets\.made\.size: missing; the pictures of afhq differ in size"),
        ({"crop_to_box": True}, r"datasets\.made\.crop_to_box: afhq has no boxes"),
        ({"origin": "cifar10"}, r"datasets\.made\.size: the images of cifar10 have one size"),
        ({"origin": "cifar10", "size": None, "crop_to_box": True}, r"datasets\.made\.crop_to_box: the images of"),
        ({"validation": None}, r"datasets\.made\.validation: missing; afhq has no validation part"),
        ({"classes": ["cow"]}, r"datasets\.made\.classes: 'cow' is no class of afhq; allowed: cat, dog, wild"),
    ],
)
def test_settings_that_do_not_fit_pictures(animals: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        prepare("made", settings(**changes), "original")
    assert not paths.provenance("made").exists()
    assert not list(paths.DATA.glob(".*"))
