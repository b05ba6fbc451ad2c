"""From an origin to a dataset: selection, split, statistics, and nothing half-written."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making import Made

from nnlabs import config as params
from nnlabs.core import paths
from nnlabs.data import dataset, fetch, prepare
from nnlabs.data.catalogue import ORIGINS
from nnlabs.data.rows import Rows
from nnlabs.core.errors import UserError, one_line_errors


@pytest.fixture
def made(colour: Made, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """The small colour origin stands in for CIFAR-10."""
    monkeypatch.setitem(ORIGINS, "cifar10", colour.origin)
    monkeypatch.setattr(fetch, "fetch", lambda origin: (colour.arrays, {"source": "made"}))
    return colour


def settings(**changes: Any) -> params.Dataset:
    return params.Dataset.model_validate({"origin": "cifar10", "seed": 0, "validation": 20} | changes)


def test_a_dataset_is_split_stratified_and_seeded(made: Made) -> None:
    prepare.prepare("small", settings(), "embedded")
    data = dataset.load("small")
    assert [len(part.labels) for part in (data.train, data.val, data.test)] == [80, 20, 20]
    assert np.bincount(data.val.labels).tolist() == [2] * 10
    split = data.meta["split"]
    assert sorted(split["train"] + split["val"]) == list(range(100))
    assert np.array_equal(data.train.images, made.arrays["train_images"][split["train"]])
    assert np.array_equal(data.val.labels, made.arrays["train_labels"][split["val"]])
    prepare.prepare("again", settings(), "embedded")
    prepare.prepare("other", settings(seed=1), "embedded")
    assert dataset.load("again").meta["split"] == split
    assert dataset.load("other").meta["split"] != split


def test_classes_are_chosen_cut_and_relabelled(made: Made) -> None:
    prepare.prepare(
        "three",
        settings(classes=["frog", "airplane"], train_per_class=8, test_per_class=1, validation=0.25),
        "embedded",
    )
    data = dataset.load("three")
    assert data.classes == ["frog", "airplane"]
    assert [len(part.labels) for part in (data.train, data.val, data.test)] == [12, 4, 2]
    official = made.arrays["train_labels"][data.meta["split"]["train"]]
    assert np.array_equal(np.where(official == 6, 0, 1), data.train.labels)
    assert set(official) == {0, 6}


def test_statistics_are_those_of_the_training_part(made: Made) -> None:
    prepare.prepare("small", settings(), "embedded")
    data = dataset.load("small")
    pixels = data.train.images / 255
    np.testing.assert_allclose(data.mean, pixels.mean((0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(data.deviation, pixels.std((0, 2, 3)), rtol=1e-12)


def test_meta_says_where_it_comes_from_but_not_who_served_it(made: Made) -> None:
    prepare.prepare("small", settings(), "embedded")
    meta = dataset.load("small").meta
    assert {"classes", "mean", "deviation", "content", "licence", "edition", "split", "origin_content"} <= meta.keys()
    for part in ("train", "val", "test"):
        for kind in ("images", "labels"):
            array = np.load(paths.dataset("small") / f"{part}_{kind}.npy")
            assert meta["content"][f"{part}_{kind}"] == hashlib.sha256(array.tobytes()).hexdigest()
    assert "made" not in json.dumps(meta)
    assert json.loads(paths.served("small").read_text()) == {"source": "made"}
    provenance = json.loads(paths.provenance("small").read_text())
    assert provenance == {key: value for key, value in meta.items() if key != "split"}


def test_twice_gives_the_same_bytes(made: Made) -> None:
    def bytes_of() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in paths.dataset("small").iterdir()}

    prepare.prepare("small", settings(), "embedded")
    first = bytes_of()
    prepare.prepare("small", settings(), "embedded")
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
        prepare.prepare("bad", settings(**changes), "embedded")
    assert not paths.DATA.exists()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), PermissionError(13, "Permission denied")])
def test_a_full_disk_is_one_line_and_leaves_the_old_dataset(
    made: Made, error: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare.prepare("small", settings(), "embedded")
    before = (paths.dataset("small") / "meta.json").read_bytes()
    save = prepare.save

    def failing(path: Path, rows: Rows, indices: np.ndarray) -> Any:
        if "val_images" in str(path):
            raise error
        return save(path, rows, indices)

    monkeypatch.setattr(prepare, "save", failing)
    with pytest.raises(SystemExit) as stopped, one_line_errors():
        prepare.prepare("small", settings(seed=1), "embedded")
    assert error.strerror in str(stopped.value)
    assert "\n" not in str(stopped.value)
    assert [path.name for path in paths.DATA.iterdir()] == ["small"]
    assert (paths.dataset("small") / "meta.json").read_bytes() == before


@pytest.mark.parametrize("damage", ["meta.json", "train_images.npy"])
def test_a_missing_or_damaged_dataset_names_its_stage(made: Made, damage: str) -> None:
    prepare.prepare("small", settings(), "embedded")
    (paths.dataset("small") / damage).write_bytes(b"{")
    with pytest.raises(UserError, match="dvc repro data@small"):
        dataset.load("small")
    with pytest.raises(UserError, match="dvc repro data@none"):
        dataset.load("none")


def stage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "stages/data.py", *arguments], capture_output=True, text=True, env=os.environ | environment
    )


def test_the_stage_refuses_what_params_does_not_name() -> None:
    done = stage("mnits")
    assert done.returncode == 1
    allowed = ", ".join(params.load().datasets)
    assert done.stderr == f"error: dataset 'mnits' is not in params.yaml; allowed: {allowed}\n"
    assert stage().returncode == 1


def test_the_stage_says_in_one_line_that_it_cannot_write(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = stage("mnist", NNLABS_CACHE=str(blocked / "cache"))
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert str(blocked) in done.stderr
