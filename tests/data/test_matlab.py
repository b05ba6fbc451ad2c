"""MATLAB's files are read apart: a reader that dies or never ends is one clear error."""

from pathlib import Path

import pytest
from imaging import stanford_cars

from nnlabs.core.errors import UserError
from nnlabs.data import matlab
from nnlabs.data.matlab import Variable, read

FIELDS = ("bbox_x1", "class", "fname")


@pytest.fixture
def cars(tmp_path: Path) -> Path:
    return stanford_cars(tmp_path, ("Audi TT", "BMW X3"), 2, 1) / "devkit"


def test_a_reader_that_dies_is_an_error_of_its_file_alone(cars: Path) -> None:
    """Counts and kinds set to zero in a structure end scipy's reader in a fault."""
    good = cars / "cars_train_annos.mat"
    content = good.read_bytes()
    bad = cars / "bad.mat"
    bad.write_bytes(content[:304] + bytes(60) + content[364:])
    with pytest.raises(UserError, match=r"bad\.mat: no MATLAB file with annotations \(what reads it came to a sudden"):
        read([Variable(good, "annotations", FIELDS), Variable(bad, "annotations", FIELDS)])


def test_the_rows_come_as_plain_numbers_and_texts(cars: Path) -> None:
    meta, annotations = read(
        [
            Variable(cars / "cars_meta.mat", "class_names"),
            Variable(cars / "cars_train_annos.mat", "annotations", FIELDS),
        ]
    )
    assert meta == [["Audi TT"], ["BMW X3"]]
    assert annotations == [[1, 1, "00001.jpg"], [1, 2, "00002.jpg"], [1, 1, "00003.jpg"], [1, 2, "00004.jpg"]]


def test_a_reader_that_never_ends_is_ended(cars: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matlab, "SECONDS", 0)  # it cannot even begin
    with pytest.raises(UserError, match=r"cars_meta\.mat: .* takes more than 0 s"):
        read([Variable(cars / "cars_meta.mat", "class_names")])


def test_a_file_that_is_too_large_is_not_read(cars: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matlab, "MOST_BYTES", 100)
    with pytest.raises(UserError, match=r"cars_meta\.mat: [\d,]+ bytes found; allowed: at most 100"):
        read([Variable(cars / "cars_meta.mat", "class_names")])
