"""From an origin to a dataset: selection, split, statistics, and nothing half-written."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making import Made, in_place_of
from making import make as make_dataset

from nnlabs.core import paths
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.core.settings import as_text
from nnlabs.data import arrays
from nnlabs.data.meta import brief
from nnlabs.data.prepared import Writer, load


@pytest.fixture
def made(colour: Made, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """The small colour origin stands in for CIFAR-10."""
    in_place_of(monkeypatch, colour.origin)
    monkeypatch.setattr(arrays, "fetch", lambda origin: (colour.arrays, {"source": "made"}))
    return colour


def make(name: str, **changes: Any) -> None:
    make_dataset(name, **{"origin": "cifar10", "seed": 0, "validation": 20} | changes)


def test_a_dataset_is_split_stratified_and_seeded(made: Made) -> None:
    make("small")
    data = load("small")
    assert [len(part.labels) for part in (data.train, data.validation, data.test)] == [80, 20, 20]
    assert np.bincount(data.validation.labels).tolist() == [2] * 10
    split = data.meta["split"]
    assert sorted(split["train"] + split["validation"]) == list(range(100))
    assert np.array_equal(data.train.images, made.arrays["train_images"][split["train"]])
    assert np.array_equal(data.validation.labels, made.arrays["train_labels"][split["validation"]])
    make("again")
    make("other", seed=1)
    assert load("again").meta["split"] == split
    assert load("other").meta["split"] != split


def test_pixels_are_put_into_one_other_order(made: Made) -> None:
    make("plain")
    make("shuffled", shuffle_pixels=3)
    plain, shuffled = load("plain"), load("shuffled")
    height, width = plain.shape[1:]
    order = np.random.default_rng(3).permutation(height * width)
    for part in ("train", "validation", "test"):
        before, after = getattr(plain, part), getattr(shuffled, part)
        flat = before.images.reshape(len(before.images), 3, -1)
        assert np.array_equal(after.images.reshape(flat.shape), flat[:, :, order])
        assert np.array_equal(before.labels, after.labels)
    assert (shuffled.mean, shuffled.std) == (plain.mean, plain.std)
    assert shuffled.meta["shuffled_pixels"] == 3 and "shuffled_pixels" not in plain.meta


def test_classes_are_chosen_cut_and_relabelled(made: Made) -> None:
    make("three", classes=["frog", "airplane"], train_per_class=8, test_per_class=1, validation=0.25)
    data = load("three")
    assert data.classes == ["frog", "airplane"]
    assert [len(part.labels) for part in (data.train, data.validation, data.test)] == [12, 4, 2]
    official = made.arrays["train_labels"][data.meta["split"]["train"]]
    assert np.array_equal(np.where(official == 6, 0, 1), data.train.labels)
    assert set(official) == {0, 6}


def test_statistics_are_those_of_the_training_part(made: Made) -> None:
    make("small")
    data = load("small")
    pixels = data.train.images / 255
    np.testing.assert_allclose(data.mean, pixels.mean((0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(data.std, pixels.std((0, 2, 3)), rtol=1e-12)


def test_meta_says_where_it_comes_from_but_not_who_served_it(made: Made) -> None:
    make("small")
    meta = load("small").meta
    assert {"classes", "mean", "std", "content", "edition", "split", "origin_content"} <= meta.keys()
    for part in ("train", "validation", "test"):
        for kind in ("images", "labels"):
            array = np.load(paths.dataset("small") / f"{part}_{kind}.npy")
            assert meta["content"][f"{part}_{kind}"] == hashlib.sha256(array.tobytes()).hexdigest()
    assert "made" not in json.dumps(meta)
    assert not {"licence", "citation", "rule"} & meta.keys()
    assert json.loads(paths.served("small").read_text()) == {"source": "made"}
    told = brief(meta)
    assert told == {key: value for key, value in meta.items() if key != "split"}


def test_twice_gives_the_same_bytes(made: Made) -> None:
    def bytes_of() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in paths.dataset("small").iterdir()}

    make("small")
    first = bytes_of()
    make("small")
    assert bytes_of() == first


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"classes": ["frog", "unicorn"]},
            r"datasets\.bad\.classes: 'unicorn' is no class of cifar10; allowed: airplane",
        ),
        ({"train_per_class": 11}, "11 images of a class are asked for; class 0 has 10"),
        ({"validation": 5}, r"datasets\.bad\.validation: 5 of 100 images cannot be carved out"),
        ({"validation": 100}, r"datasets\.bad\.validation: 100 of 100"),
    ],
)
def test_settings_that_the_origin_cannot_meet(made: Made, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        make("bad", **changes)
    assert not paths.DATA.exists()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), r"the disk is full: .*/data/small cannot be written"),
        (PermissionError(13, "Permission denied"), "Permission denied; mend that"),
    ],
)
def test_a_full_disk_is_one_line_and_leaves_the_old_dataset(
    made: Made, error: OSError, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("small")
    before = (paths.dataset("small") / "meta.json").read_bytes()
    labels = Writer.labels

    def failing(writer: Writer, part: str, of: np.ndarray) -> None:
        if part == "validation":
            raise error
        labels(writer, part, of)

    monkeypatch.setattr(Writer, "labels", failing)
    with pytest.raises(SystemExit) as stopped, one_line_errors():
        make("small", seed=1)
    assert re.search(said, str(stopped.value))
    assert "\n" not in str(stopped.value)
    assert [path.name for path in paths.DATA.iterdir()] == ["small"]
    assert (paths.dataset("small") / "meta.json").read_bytes() == before


@pytest.mark.parametrize("damage", ["meta.json", "train_images.npy"])
def test_a_missing_or_damaged_dataset_names_its_stage(made: Made, damage: str) -> None:
    make("small")
    (paths.dataset("small") / damage).write_bytes(b"{")
    with pytest.raises(UserError, match="dvc repro data@small"):
        load("small")
    with pytest.raises(UserError, match="dvc repro data@none"):
        load("none")


def stage(folder: Path, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The stage of `small` in a folder with the project's code, after the stage `settings`."""
    for inside in ("src", "stages"):
        (folder / inside).symlink_to(Path.cwd() / inside)
    given = {"dataset": {"origin": "mnist", "seed": 0, "validation": 5000}, "edition": "only", "sample": False}
    path = folder / "reports" / "settings" / "data" / "small.json"
    path.parent.mkdir(parents=True)
    path.write_text(as_text({"parameters": given}))
    command = [sys.executable, "stages/data.py", name]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=os.environ | environment)


def test_the_stage_refuses_what_the_settings_do_not_name(tmp_path: Path) -> None:
    done = stage(tmp_path, "smal")
    assert done.returncode == 1
    assert done.stderr.startswith("error: data smal has no settings")
    assert done.stderr.endswith("there are: small\n") and done.stderr.count("\n") == 1


def test_the_stage_says_in_one_line_that_it_cannot_write(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = stage(tmp_path, "small", NNLABS_CACHE=str(blocked / "cache"))
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert str(blocked) in done.stderr
