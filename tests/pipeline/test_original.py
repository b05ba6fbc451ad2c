"""What a set or pretrained weights that cannot be had hold back, and what they do not; and that they come later."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mirrors
import numpy as np
import pytest
from copies import FAST, Copy

from app import madeapp
from nnlabs.app.trained import as_png, trained
from nnlabs.core import paths

ELSEWHERE, DEEP = "fashion-tanh", "dogs-all"
PAGES = [f"page@{lab}" for lab in ("fashion", "objects3", "dogs")]
WEIGHTS = "resnet18-f37072fd.pth"


def _original(raw: dict[str, Any]) -> None:
    """CIFAR-100 for objects3, torchvision's ResNet-18 for dogs: neither is in the copies' mirror."""
    raw["edition"] = "original"
    raw["datasets"]["dogs"].pop("original")
    features = raw["features"][raw["variants"][DEEP]["dataset"]]
    features.pop("original", None)
    features |= {"backbone": "resnet18", "frozen": 5}


@pytest.fixture(scope="module")
def without(copy_project: Callable[..., Copy]) -> tuple[Copy, str]:
    """A copy of the original edition after a repro that could not have everything, and what that said."""
    copy = copy_project(ELSEWHERE, FAST, DEEP, change=_original)
    done = copy.run("dvc", "repro", "--keep-going", *PAGES, check=False)
    assert done.returncode != 0
    return copy, done.stdout + done.stderr


def test_what_cannot_be_had_is_one_clear_error_each_and_the_rest_goes_on(without: tuple[Copy, str]) -> None:
    copy, said = without
    errors = re.findall(r"^error: (.*)$", said, re.M)
    assert sorted(errors) == [f"{name}: no source could serve it:" for name in ("cifar100", WEIGHTS)]
    assert said.count("set NNLABS_MIRROR to") == 2
    assert "Traceback" not in said
    assert "failed to reproduce stages: 'data@objects3' and 'features@dogs-all-frozen'" in said
    assert (copy.folder / "reports/fashion.md").exists()
    for held_back in ("reports/objects3.md", "reports/dogs.md", "data/objects3", "data/dogs-all-frozen"):
        assert not (copy.folder / held_back).exists(), held_back


def test_once_they_are_there_the_same_command_goes_on_with_them(
    without: tuple[Copy, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, _ = without
    told = mirrors.cifar100(tmp_path, ("apple", "clock", "house"), 40, 12) | mirrors.weights(tmp_path, "resnet18")
    (tmp_path / "told.json").write_text(json.dumps(told))
    where = {"NNLABS_MIRROR": str(tmp_path), mirrors.TOLD: str(tmp_path / "told.json")}
    copy.run("dvc", "repro", "--keep-going", *PAGES, **where)
    objects3, frozen = (
        json.loads((copy.folder / f"data/{name}/meta.json").read_text()) for name in ("objects3", "dogs-all-frozen")
    )
    assert (objects3["edition"], objects3["classes"]) == ("original", ["apple", "clock", "house"])
    assert objects3["origin_content"] == told["cifar100"]["md5"]
    assert frozen["weights"]["sha256"] == told["resnet18"]["sha256"]
    assert (frozen["features"]["backbone"], frozen["shape"]) == ("resnet18", [512, 1, 1])
    for lab, variant in (("objects3", FAST), ("dogs", DEEP)):
        assert f"`{variant}`" in (copy.folder / f"reports/{lab}.md").read_text()
        scores = json.loads((copy.folder / f"reports/results/{lab}/{variant}/test/scores.json").read_text())
        assert 0 <= scores["accuracy"][0] <= 1
    assert "original" in (copy.folder / "reports/objects3.md").read_text()
    madeapp.into(copy.folder, monkeypatch)
    for variant, classes in ((FAST, objects3["classes"]), (DEEP, frozen["classes"])):
        _asked_by_the_app(variant, classes)


def _asked_by_the_app(variant: str, classes: list[str]) -> None:
    """A picture of one's own, and what the answer rests on: also where the training saw activations alone."""
    network = trained(variant)
    photo = np.random.default_rng(0).integers(0, 256, (3, 60, 40), dtype=np.uint8)
    seen = network.sees(as_png(photo))
    assert network.classes == classes
    assert network.probabilities(seen[None]).sum() == pytest.approx(1)
    shown, best, most = network.regions(seen)
    assert shown.shape == seen.shape and best in classes and 0 <= most <= 1
    first = np.load(paths.dataset(network.pictures["dataset"]) / "train_images.npy", mmap_mode="r")[0].copy()
    picture, _, alike = network.nearest(first)[0]
    assert np.array_equal(picture, first) and alike == pytest.approx(1, abs=1e-3)
