"""What the project itself has written, damaged: it is read as it was written, or refused in one line."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making import right_or_refused

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.data import corpus, layouts, prepared, text
from nnlabs.data.catalogue.words import WORD_TESTS
from nnlabs.data.corpus import Corpus

SIZES = {"train": 6, "validation": 3, "test": 3}


@pytest.fixture(autouse=True)
def folder(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("DVC_STAGE", raising=False)
    return paths.dataset("made")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def put(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.fixture
def images(folder: Path) -> dict[str, bytes]:
    """The files of a dataset of features: arrays of numbers, and images for people to look at."""
    rng = np.random.default_rng(0)
    with prepared.writing("made") as writer:
        for part, n in SIZES.items():
            writer.images(part, [rng.random((n, 2, 3, 3)).astype(np.float16)], n, (2, 3, 3), np.float16)
            writer.labels(part, np.arange(n) % 3)
        writer.originals(rng.integers(0, 256, (3, 3, 4, 4), dtype=np.uint8))
        told = {"dataset": "made", "classes": ["a", "b", "c"], "shape": [2, 3, 3], "mean": [0.5], "std": [0.1]}
        writer.meta(told | {"features": {"frozen": 1}})
    return contents(folder)


def read_images(folder: Path, files: dict[str, bytes]) -> Any:
    put(folder, files)
    data = prepared.load("made")
    parts = [(part.images.tobytes(), part.labels.tobytes()) for part in (data.train, data.validation, data.test)]
    return parts, data.originals.tobytes(), data.meta


def test_a_dataset(folder: Path, images: dict[str, bytes]) -> None:
    right_or_refused(images, lambda files: read_images(folder, files), 100)


def test_a_dataset_in_a_stage_of_dvc(folder: Path, images: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its numbers have been compared with dvc.lock by then; whatever it is, it does not end in a traceback."""
    monkeypatch.setenv("DVC_STAGE", "train@made")
    right_or_refused(images, lambda files: bool(read_images(folder, files)), 100)


@pytest.mark.parametrize("part", ["train_images", "test_labels", "test_originals"])
def test_one_number_that_has_changed_is_noticed(folder: Path, images: dict[str, bytes], part: str) -> None:
    content = images[f"{part}.npy"]
    with pytest.raises(UserError, match=rf"its {part} are not as they were written: .*; `dvc repro data@made`"):
        read_images(folder, images | {f"{part}.npy": content[:-1] + bytes([content[-1] ^ 1])})


def test_a_header_is_refused_in_one_line(folder: Path, images: dict[str, bytes]) -> None:
    """NumPy reads it as Python, and quotes all of it."""
    good = images["train_images.npy"]
    for header in (b"{'descr': '<f2', 'shape': (6, 2,", b"\n(" * 30, b"x" * 60):
        with pytest.raises(UserError, match=r"cannot be read \(train_images\.npy: ") as error:
            read_images(folder, images | {"train_images.npy": good[:10] + header + good[10 + len(header) :]})
        assert "\n" not in str(error.value) and len(str(error.value)) < 400


def test_a_text(folder: Path) -> None:
    tokens, starts = np.arange(40, dtype=np.uint32) % 3, np.array([0, 10, 40])
    pairs, questions = [("war", "peace", 2.5)], {"family": [("he", "she", "his", "her")]}
    corpus.write("made", Corpus({"dataset": "made"}, tokens, starts, ["war", "he", "she"], starts, pairs, questions))

    def read(files: dict[str, bytes]) -> Any:
        put(folder, files)
        found = corpus.load("made")
        arrays = (found.tokens, found.documents, found.counts)
        return [each.tobytes() for each in arrays], found.words, found.similarities, found.questions, found.meta

    right_or_refused(contents(folder), read, 150)


def test_the_tests_of_words() -> None:
    """Their published hashes are compared before they are read; what reads them refuses what has another form."""
    good = {
        "wordsim353.tsv": b"# Word 1\tWord 2\tHuman (mean)\nlove\tsex\t6.77\ntiger\tcat\t7.35\n",
        "questions-words.txt": b": capital\nAthens Greece Baghdad Iraq\n: family\nboy girl brother sister\n",
    }

    def read(files: dict[str, bytes]) -> bool:
        similarities, questions = layouts.word_tests(WORD_TESTS, files).values()
        text.read_similarities(similarities.tobytes().decode())
        return bool(text.read_questions(questions.tobytes().decode())) or True

    right_or_refused(good, read, 300)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("love\tsex", r"wordsim353, line 2: 'love sex' found; needed: two words and a number with tabs between them"),
        ("love\tsex\tmuch", "line 2: 'love sex much' found"),
        ("love\tsex\tnan", "needed: a number from 0 to 10"),
        ("love\tsex\t11", "needed: a number from 0 to 10"),
    ],
)
def test_a_row_of_another_form_is_named(line: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        text.read_similarities(f"# a comment\n{line}\n")


def test_a_question_of_another_form_is_named() -> None:
    with pytest.raises(UserError, match="questions-words, line 2: 'one two three' found; needed: four words"):
        text.read_questions(": section\none two three\n")
    with pytest.raises(UserError, match="line 1: 'one two three four' found; needed: a section"):
        text.read_questions("one two three four\n")


def test_a_text_that_is_not_in_utf_8_is_named() -> None:
    with pytest.raises(UserError, match=r"1790\.txt: not a text in UTF-8"):
        layouts.documents(WORD_TESTS, {"1790.txt": "naïve".encode("latin-1")})
