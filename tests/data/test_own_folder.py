"""A folder of one's own by params.yaml alone: without parts and with them, carved, hashed, duplicates dropped."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from imaging import class_folders, encoded, scene, write
from making import make, meta

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.data import image_file, prepared
from nnlabs.data.settings import FolderSettings, kind_of

CLASSES = ("cat", "dog", "train")
"""The last is a vehicle."""
STATED = {"origin": "folder", "size": 8, "seed": 0}
CARVED = {"test": 0.2, "validation": 0.25}


@pytest.fixture
def pets(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten PNG files of each class, all different, without parts; no client, no mirror."""
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    folder = tmp_path / "pets"
    for label, name in enumerate(CLASSES):
        for i in range(10):
            write(folder / name / f"{i}.png", encoded(scene(seed=100 * label + i)))
    return folder


def prepare(folder: Path, name: str = "pets", **changes: Any) -> prepared.Dataset:
    make(name, "only", **STATED | {"path": str(folder)} | changes)
    return prepared.load(name)


def test_a_folder_without_parts_is_carved_with_every_class_in_its_share(pets: Path) -> None:
    data = prepare(pets, **CARVED)
    assert data.classes == list(CLASSES)
    for part, n in ((data.train, 6), (data.validation, 2), (data.test, 2)):
        assert np.bincount(part.labels).tolist() == [n] * 3
    files = [file for part in prepared.PARTS for file in data.meta["split"][part]]
    assert sorted(files) == sorted(path.relative_to(pets).as_posix() for path in pets.rglob("*.png"))
    for part in prepared.PARTS:
        ours = getattr(data, part)
        for image, label, file in zip(ours.images, ours.labels, data.meta["split"][part], strict=True):
            assert file.split("/")[0] == CLASSES[label]
            assert np.array_equal(image, image_file.read(pets / file, 8).pixels)
    found = meta("pets")
    assert found["origin"] == "folder"
    assert found["images"] == {"parts": {}, "files": 30, "counts": {}, "duplicates": 0, "merged": {}}
    assert str(pets) not in (paths.dataset("pets") / "meta.json").read_text()


def test_the_seed_draws_the_parts_and_twice_is_the_same(pets: Path) -> None:
    split = prepare(pets, **CARVED).meta["split"]
    first = (paths.dataset("pets") / "meta.json").read_bytes()
    prepare(pets, **CARVED)
    assert (paths.dataset("pets") / "meta.json").read_bytes() == first
    assert prepare(pets, **CARVED, seed=1).meta["split"] != split


@pytest.mark.parametrize("named", ["val", "valid", "validation", "Validation"])
def test_parts_are_found_by_their_usual_names(cache: Path, tmp_path: Path, named: str) -> None:
    folder = class_folders(tmp_path / "pets", {"train": 4, named: 2, "test": 3}, ("Cat", "dog"))
    data = prepare(folder)
    assert data.classes == ["Cat", "dog"]
    assert [len(part.labels) for part in (data.train, data.validation, data.test)] == [8, 4, 6]
    assert data.meta["images"]["parts"] == {"train": "train", "validation": named, "test": "test"}
    for part, of in (("train", "train"), ("validation", named), ("test", "test")):
        assert {file.split("/")[0] for file in data.meta["split"][part]} == {of}


def test_what_a_folder_has_no_part_for_is_carved(cache: Path, tmp_path: Path) -> None:
    both = class_folders(tmp_path / "both", {"train": 8, "test": 3}, ("cat", "dog"))
    data = prepare(both, validation=4)
    assert [len(part.labels) for part in (data.train, data.validation, data.test)] == [12, 4, 6]
    other = class_folders(tmp_path / "other", {"train": 8, "val": 3}, ("cat", "dog"))
    data = prepare(other, test=0.25)
    assert [len(part.labels) for part in (data.train, data.validation, data.test)] == [12, 6, 4]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, r"datasets\.pets\.validation: missing; .*both has no folder for it \(validation, valid, val\)"),
        ({"validation": 2, "test": 2}, r"datasets\.pets\.test: .*both has a folder test of its own; remove one"),
        ({"validation": 1}, r"datasets\.pets\.validation: 1 of 16 images cannot be carved out; .*: 2 to 14 images can"),
        ({"validation": 2, "classes": ["cat", "cow"]}, r"datasets\.pets\.classes: 'cow' is no class of .*both"),
        ({"validation": 2, "path": "nowhere"}, r"datasets\.pets\.path: 'nowhere' is no folder"),
    ],
)
def test_settings_that_the_folder_does_not_fit(cache: Path, tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    folder = class_folders(tmp_path / "both", {"train": 8, "test": 3}, ("cat", "dog"))
    with pytest.raises(UserError, match=said):
        prepare(folder, **changes)
    assert not list(paths.DATA.glob("*"))


def test_folders_that_cannot_be_understood(cache: Path, tmp_path: Path) -> None:
    twice = class_folders(tmp_path / "twice", {"train": 2, "val": 1, "valid": 1, "test": 1}, ("cat", "dog"))
    with pytest.raises(UserError, match="val and valid, which are one part"):
        prepare(twice)
    untrained = class_folders(tmp_path / "untrained", {"test": 2, "val": 2}, ("cat", "dog"))
    with pytest.raises(UserError, match="holds val, test and no folder train"):
        prepare(untrained)
    above = class_folders(tmp_path / "above", {"pets": 2}, ("cat", "dog"))
    with pytest.raises(UserError, match="images of 1 classes found; two are needed, a folder each"):
        prepare(above, **CARVED)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="images of 0 classes found"):
        prepare(tmp_path / "empty", **CARVED)
    lacking = class_folders(tmp_path / "lacking", {"train": 4, "test": 2}, ("cat", "dog"))
    class_folders(lacking, {"train": 3}, ("cow",))
    with pytest.raises(UserError, match="no test image of 'cow'; every class needs some"):
        prepare(lacking, validation=0.25)
    # but of the classes that are asked for, every part has some
    assert prepare(lacking, validation=0.25, classes=["dog", "cat"]).classes == ["dog", "cat"]


def test_identical_images_are_kept_once_whatever_part_they_are_in(
    pets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(pets / "cat" / "again.png", (pets / "cat" / "3.png").read_bytes())
    write(pets / "dog" / "also.png", (pets / "cat" / "3.png").read_bytes() + b"\0")  # other bytes, the same image
    data = prepare(pets, **CARVED)
    assert data.meta["images"]["duplicates"] == 2
    images = [image.tobytes() for part in (data.train, data.validation, data.test) for image in part.images]
    assert len(images) == len(set(images)) == 30
    assert "pets: 2 images identical to one before them in their part (left out): 'cat/again.png', 'dog/also.png'" in (
        capsys.readouterr().out
    )
    parts = class_folders(tmp_path / "parts", {"train": 4, "val": 2, "test": 2}, ("cat", "dog"))
    write(parts / "test" / "cat" / "a.jpg", (parts / "val" / "cat" / "00.jpg").read_bytes())
    write(parts / "val" / "dog" / "b.jpg", (parts / "train" / "dog" / "00.jpg").read_bytes())
    data = prepare(parts)
    assert [len(part.labels) for part in (data.train, data.validation, data.test)] == [8, 4, 4]


def test_what_is_no_image_of_a_class_is_named(pets: Path, tmp_path: Path) -> None:
    write(pets / "cat" / "broken.png", encoded(scene())[:80])
    write(pets / "README.txt", b"x")
    write(pets / "loose.png", encoded(scene(seed=999)))
    write(pets / ".DS_Store", b"x")
    found = prepare(pets, **CARVED).meta
    assert found["named"] == {
        "broken": ["cat/broken.png"],
        "no image's suffix": ["README.txt"],
        "outside the classes' folders": ["loose.png"],
    }
    parts = class_folders(tmp_path / "parts", {"train": 4, "val": 2, "test": 2, "extra": 2}, ("cat", "dog"))
    assert prepare(parts).meta["named"] == {"beside the parts' folders": ["extra"]}


def test_other_images_are_other_content(pets: Path) -> None:
    """So that what was trained with them is trained anew."""
    first = prepare(pets, **CARVED).meta
    write(pets / "cat" / "0.png", encoded(scene(seed=555)))
    second = prepare(pets, **CARVED).meta
    assert first["origin_content"]["tree"] != second["origin_content"]["tree"]
    assert first["content"] != second["content"]


def test_classes_groups_and_cuts_as_of_known_origins(pets: Path) -> None:
    data = prepare(pets, **CARVED, groups={"animal": ["cat", "dog"], "vehicle": ["train"]}, train_per_class=8)
    assert data.classes == ["animal", "vehicle"]
    assert len(data.train.labels) + len(data.validation.labels) == 16
    assert np.bincount(data.validation.labels).tolist() == [2, 2]


@pytest.mark.parametrize("path", ["~/pets", "pets"])
def test_the_path_begins_at_home_or_at_the_checkout(pets: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv("HOME", str(pets.parent))
    monkeypatch.setattr(paths, "ROOT", pets.parent / ".dvc" / "tmp" / "exps" / "copy")
    assert prepare(Path(path), **CARVED).classes == list(CLASSES)


def test_the_licence_and_the_path_are_no_part_of_the_data(pets: Path) -> None:
    first = prepare(pets, **CARVED).meta
    elsewhere = pets.rename(pets.parent / "moved")
    assert prepare(elsewhere, **CARVED, licence="my own").meta == first


def test_settings_are_checked_before_anything_runs() -> None:
    stated = STATED | {"path": "~/pets"} | CARVED
    assert kind_of("datasets.pets", stated) is FolderSettings
    assert FolderSettings.model_validate(stated | {"licence": "my own"}).licence == "my own"
    for changes, said in (
        ({"test": 1.5}, "test: 1.5 found; allowed: a whole number"),
        ({"test": 0}, "greater than 0"),
        ({"size": None}, "size"),
        ({"path": ""}, "path"),
        ({"crop_to_box": True}, "crop_to_box"),
    ):
        with pytest.raises(ValueError, match=said):
            FolderSettings.model_validate(stated | changes)
    for entry, said in (({}, "datasets.pets.origin: missing"), ({"origin": "fodler"}, "'folder', 'none'")):
        with pytest.raises(ValueError, match=said):
            kind_of("datasets.pets", entry)
