"""The picture of the front page: of the labs that are there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from madelab import LAB, Parameters, told, write_all
from matplotlib.figure import Figure
from safetensors.numpy import save_file

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.core.files import write_json
from nnlabs.reporting import montage, places

Make = Callable[..., Parameters]
WALKS = {f"quadratic.{name}.path": np.array([(-9.0, 1.5), (0.0, 0.0)]) for name in montage.WALKS}
ARRAYS: dict[str, dict[str, Any]] = {
    "xor": {"corners.network": np.eye(5) - 0.5, "corners.x": np.zeros((4, 2)), "corners.y": np.array([0, 1, 0, 1])},
    "descent": WALKS,
    "words": {"map": np.arange(8.0).reshape(4, 2)},
}
RESULTS = {
    "xor": {},
    "descent": {"functions": {"quadratic": {"formula": r"\tfrac12 (x^2 + 50 y^2)"}}},
    "words": {"groups": [{"group": "months", "words": ["may", "june"]}, {"group": "money", "words": ["gold", "tax"]}]},
}


def computed(lab: str) -> dict[str, Any]:
    """Write what a lab computed, and tell the report of it."""
    write_json(paths.computed(lab) / "results.json", {"results": RESULTS[lab]})
    save_file(ARRAYS[lab], paths.computed(lab) / "arrays.safetensors")
    return {"lab": lab, "computes": True, "variants": []}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "REPORTS", tmp_path)
    return tmp_path


def panels(figure: Figure | None) -> int:
    assert figure
    return sum(bool(axes.has_data()) for axes in figure.axes)


def test_it_shows_the_labs_that_are_there(folder: Path) -> None:
    told = [computed(lab) for lab in ARRAYS]
    assert panels(montage.draw(told)) == 3
    assert panels(montage.draw(told[:1])) == 1
    assert montage.draw([]) is None


def test_a_walk_that_params_do_without_is_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ARRAYS, "descent", dict(list(WALKS.items())[:1]))
    monkeypatch.setitem(RESULTS, "descent", {"functions": {"quadratic": {"formula": "another"}}})
    assert panels(montage.draw([computed("descent")])) == 1


def test_damaged_arrays_name_their_stage(folder: Path) -> None:
    told = computed("xor")
    (paths.computed("xor") / "arrays.safetensors").write_bytes(b"x")
    with pytest.raises(UserError, match="dvc repro compute@xor"):
        montage.draw([told])


def test_photographs_are_framed_by_what_was_said_of_them(make_lab: Make) -> None:
    settings = make_lab({"a": told(0.8)}, channels=3)
    rng = np.random.default_rng(0)
    np.save(paths.gallery(LAB, "a"), rng.integers(0, 256, (12, 3, 6, 6), dtype=np.uint8))
    scores = json.loads(paths.scores(LAB, "a").read_text())
    scores["gallery"] = [{"true": "disc", "predicted": "disc" if i else "ring", "confidence": 1} for i in range(12)]
    write_json(paths.scores(LAB, "a"), scores)
    figure = montage.draw([settings | {"computes": False}])
    assert figure
    frames = [line.get_color() for line in figure.axes[0].lines]
    assert frames == [montage.WRONG, *[montage.RIGHT] * 11]


def test_without_any_the_file_is_there(make_lab: Make) -> None:
    write_all(make_lab({"a": told(0.8)}))
    assert places.montage().read_text().startswith("<svg")
