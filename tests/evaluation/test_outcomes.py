"""What runs predicted of every image: written, read, refused where it is damaged, and counted."""

from pathlib import Path

import numpy as np
import pytest

from nnlabs.evaluation.metrics import score
from nnlabs.evaluation.outcomes import Outcomes


def made(classes: int, seeds: int = 3, images: int = 50) -> Outcomes:
    rng = np.random.default_rng(classes)
    labels = rng.integers(0, classes, images)
    labels[0] = classes - 1
    right = rng.random((seeds, images)) < 0.7
    return Outcomes(labels, np.where(right, labels, rng.integers(0, classes, (seeds, images))))


@pytest.mark.parametrize(("classes", "each"), [(2, 1), (10, 1), (256, 1), (257, 2), (1000, 2)])
def test_what_was_written_is_read_in_few_bytes(tmp_path: Path, classes: int, each: int) -> None:
    told, path = made(classes), tmp_path / "outcomes.npy"
    told.write(path)
    read = Outcomes.read(path)
    assert (read.labels == told.labels).all() and (read.predicted == told.predicted).all()
    assert (read.labels.dtype, read.predicted.dtype) == (np.int64, np.int64)
    assert path.stat().st_size == 128 + 4 * 50 * each


@pytest.mark.parametrize(
    "content",
    [
        np.zeros((1, 5), np.uint8),  # labels alone
        np.zeros(5, np.uint8),
        np.zeros((2, 5, 1), np.uint8),
        np.zeros((2, 5), np.int8),
        np.zeros((2, 5), np.uint64),
        np.zeros((2, 5)),
    ],
    ids=lambda content: f"{content.dtype} {content.shape}",
)
def test_an_array_of_another_form_is_refused(tmp_path: Path, content: np.ndarray) -> None:
    np.save(tmp_path / "outcomes.npy", content)
    with pytest.raises(ValueError, match="not labels and predictions of N images"):
        Outcomes.read(tmp_path / "outcomes.npy")


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01", b"word"])
def test_a_damaged_file_is_refused_and_a_missing_one_is_missing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "outcomes.npy"
    with pytest.raises(FileNotFoundError):
        Outcomes.read(path)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"outcomes\.npy"):
        Outcomes.read(path)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.npy"
    made(10).write(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"outcomes\.npy"):
        Outcomes.read(path)


def test_counts_are_those_of_each_runs_confusion_matrix() -> None:
    told = made(4)
    scored = [score(np.eye(4)[row], told.labels) for row in told.predicted]
    assert (told.confusions(4) == np.stack([each.confusion for each in scored])).all()


@pytest.mark.parametrize("by", ["accuracy", "macro_f1"])
def test_the_mean_of_what_images_add_is_each_runs_score(by: str) -> None:
    told = made(4)
    scored = [score(np.eye(4)[row], told.labels) for row in told.predicted]
    added = told.of(told.confusions(4).tolist(), by)  # type: ignore[arg-type]
    assert added.shape == (3, 50)
    assert added.mean(1) == pytest.approx([getattr(each, by) for each in scored])
    if by == "accuracy":
        assert (added == (told.predicted == told.labels)).all()
