"""What a folder holds, before anything is decoded: images, classes, boxes, and what is passed over."""

import hashlib
from pathlib import Path

import pytest
from imaging import Make, class_folders, encoded, scene, stanford_cars, write
from scipy.io import savemat

from nnlabs.core.errors import UserError
from nnlabs.data.survey import ABSENT, TEST, survey

COUNTS = {"train": 9, "test": 3}


@pytest.fixture
def animals(tmp_path: Path, small: Make) -> Path:
    small("afhq", counts=COUNTS)
    return class_folders(tmp_path / "afhq", {"train": 3, "val": 1}, ("cat", "dog", "wild"))


def test_folders_are_classes(animals: Path, small: Make) -> None:
    found = survey(small("afhq", counts=COUNTS), animals, sample=False)
    assert found.classes == ["cat", "dog", "wild"]
    assert [(entry.part, entry.path, entry.label) for entry in found.entries[:2]] == [
        ("test", "val/cat/00.jpg", 0),
        ("test", "val/dog/00.jpg", 1),
    ]
    assert found.passed_over == {}
    assert found.joined == {}


def test_folders_that_differ_by_blanks_or_case_are_one_class(tmp_path: Path, small: Make) -> None:
    root = class_folders(tmp_path / "dogs", {"train": 2, "test": 1}, ("American Spaniel", "Boxer"))
    class_folders(root, {"valid": 1}, ("American  Spaniel", "boxer "))
    origin = small("dogs70", classes=2, counts={"train": 4, "validation": 2, "test": 2})
    found = survey(origin, root, sample=False)
    assert found.classes == ["American Spaniel", "Boxer"]
    assert found.joined == {
        "American Spaniel": ["train/American Spaniel", "valid/American  Spaniel", "test/American Spaniel"],
        "Boxer": ["train/Boxer", "valid/boxer ", "test/Boxer"],
    }
    assert [entry.label for entry in found.entries if entry.part == "validation"] == [0, 1]


def test_what_is_no_image_of_the_set_is_passed_over(animals: Path, small: Make, tmp_path: Path) -> None:
    cat, outside = animals / "train" / "cat", write(tmp_path / "elsewhere" / "x.jpg", encoded(scene(), "JPEG"))
    for hidden in (".DS_Store", "Thumbs.db", "._00.jpg", ".hidden/x.jpg", "__MACOSX/x.jpg"):
        write(cat / hidden, b"x")
    write(cat / "notes.txt", b"x")
    write(animals / "train" / "stray.jpg", b"x")
    (cat / "out.jpg").symlink_to(outside)
    (cat / "nowhere.jpg").symlink_to(cat / "none.jpg")
    (cat / "round").symlink_to(animals)
    (cat / "inside.jpg").symlink_to(cat / "00.jpg")  # stays in the folder: an image
    found = survey(small("afhq", counts={"train": 10, "test": 3}), animals, sample=False)
    assert found.passed_over == {
        "no image's suffix": ["train/cat/notes.txt", "train/cat/nowhere.jpg"],
        "links": ["train/cat/out.jpg", "train/cat/round"],
        "outside the classes' folders": ["train/stray.jpg"],
    }
    assert "train/cat/inside.jpg" in [entry.path for entry in found.entries]


def test_counts_are_exact_but_for_a_sample(animals: Path, small: Make) -> None:
    (animals / "train" / "cat" / "00.jpg").unlink()
    origin = small("afhq", counts=COUNTS)
    with pytest.raises(UserError, match=r"^8 train images found, 9 needed \(.*sample: true"):
        survey(origin, animals, sample=False)
    assert len(survey(origin, animals, sample=True).entries) == 11
    (animals / "train" / "dog" / "01.jpg").rename(animals / "train" / "dog" / "01")
    with pytest.raises(UserError, match=r"^7 train images found, 9 needed; 1 no image's suffix \(train/dog/01\) \("):
        survey(origin, animals, sample=False)
    for name in ("train", "val"):
        (animals / name / "wild").rename(animals / name / "wolf")
    with pytest.raises(UserError, match="3 classes found: cat, dog, wolf; afhq has cat, dog, wild"):
        survey(origin, animals, sample=False)


def test_the_tree_is_known_by_names_and_contents(animals: Path, small: Make) -> None:
    origin = small("afhq", counts=COUNTS)
    first = survey(origin, animals, sample=False).tree
    write(animals / "train" / "cat" / ".hidden", b"x")
    assert survey(origin, animals, sample=False).tree == first
    path = animals / "train" / "cat" / "00.jpg"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"x")
    assert survey(origin, animals, sample=False).tree != first
    path.unlink()
    write(animals / "train" / "cat" / "other.jpg", content)
    assert survey(origin, animals, sample=False).tree != first


def test_names_of_any_bytes_are_shown(animals: Path, small: Make) -> None:
    odd = animals / "train" / "cat" / "\udcff.txt"
    try:
        odd.write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes names in UTF-8 alone")
    found = survey(small("afhq", counts=COUNTS), animals, sample=False)
    assert len(found.passed_over["no image's suffix"]) == 1


@pytest.fixture
def cars(tmp_path: Path, read_here: None) -> Path:
    return stanford_cars(tmp_path / "stanford_cars", ("AM General Hummer", "Audi TT", "BMW X3"), 2, 1)


def test_annotations_give_classes_and_boxes(cars: Path, small: Make) -> None:
    found = survey(small("cars"), cars, sample=True)
    assert found.classes == ["AM General Hummer", "Audi TT", "BMW X3"]
    train = [entry for entry in found.entries if entry.part == "train"]
    assert [entry.label for entry in train] == [0, 1, 2, 0, 1, 2]
    assert {entry.box for entry in found.entries} == {(0, 0, 24, 16)}
    assert len(found.entries) == 9


def test_the_test_annotations_are_the_official_ones_but_for_a_sample(cars: Path, small: Make) -> None:
    with pytest.raises(UserError, match=r"b0a2b23655a3edd16d84508592a98d10 is needed \(.*sample: true"):
        survey(small("cars"), cars, sample=False)
    (cars / "cars_test_annos_withlabels.mat").rename(cars / "devkit" / "cars_test_annos_withlabels.mat")
    assert len(survey(small("cars"), cars, sample=True).entries) == 9
    (cars / "devkit" / "cars_test_annos_withlabels.mat").unlink()
    for sample in (True, False):
        with pytest.raises(UserError, match=r"lacks cars_test_annos_withlabels\.mat$"):
            survey(small("cars"), cars, sample=sample)


def test_images_and_annotations_may_lack_each_other(cars: Path, small: Make) -> None:
    (cars / "cars_train" / "00001.jpg").rename(cars / "cars_train" / "99999.jpg")
    found = survey(small("cars"), cars, sample=True)
    assert found.passed_over == {"without annotation": ["cars_train/99999.jpg"], ABSENT: ["cars_train/00001.jpg"]}


def test_damaged_annotations_are_refused(cars: Path, small: Make) -> None:
    meta, origin = cars / "devkit" / "cars_meta.mat", small("cars")
    good = meta.read_bytes()
    for content, said in ((b"x" * 300, "no MATLAB file with class_names"), (good[:150], "no MATLAB file")):
        meta.write_bytes(content)
        with pytest.raises(UserError, match=said):
            survey(origin, cars, sample=True)
    savemat(meta, {"class_names": ["one"]})
    with pytest.raises(UserError, match="class 2 found; 1 to 1 are known"):
        survey(origin, cars, sample=True)
    meta.write_bytes(good)
    savemat(cars / "devkit" / "cars_train_annos.mat", {"annotations": [1, 2]})
    with pytest.raises(UserError, match=r"cars_train_annos\.mat: no MATLAB file with annotations"):
        survey(origin, cars, sample=True)


def test_all_that_is_missing_is_asked_for_at_once(cars: Path, small: Make) -> None:
    for name in ("devkit/cars_meta.mat", "cars_test_annos_withlabels.mat"):
        (cars / name).unlink()
    with pytest.raises(UserError, match=r"stanford_cars lacks devkit/cars_meta\.mat, cars_test_annos_withlabels\.mat$"):
        survey(small("cars"), cars, sample=True)


def test_what_is_annotated_and_not_there_is_named(cars: Path, small: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    annotations = (cars / TEST).read_bytes()
    origin = small("cars", classes=3, counts={"train": 6, "test": 3}, md5={TEST: hashlib.md5(annotations).hexdigest()})
    for i in range(1, 6):
        (cars / "cars_train" / f"{i:05}.jpg").unlink()
    with pytest.raises(UserError) as error:
        survey(origin, cars, sample=False)
    assert str(error.value).startswith(
        "1 train images found, 6 needed; 5 annotated, but not there (cars_train/00001.jpg, cars_train/00002.jpg, "
        "cars_train/00003.jpg and 2 more)"
    )
