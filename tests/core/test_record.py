"""What a computation leaves is read again as it was, and is whole or not there."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from nnlabs.core import paths, record
from nnlabs.core.errors import UserError

DATA = {"dataset": "made"}
MACHINE = {"cpu": "a made processor"}


@dataclass(frozen=True)
class Inner:
    name: str
    errors: list[list[float]]
    place: tuple[float, float] | None


@dataclass(frozen=True)
class Results:
    a: float
    by_depth: dict[int, list[Inner]]


@dataclass(frozen=True)
class Other:
    b: Any


FOUND = Results(0.1 + 0.2, {30: [Inner("x", [[1.0, 2.5]], (0.5, -1.0)), Inner("y", [], None)]})


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(paths, "REPORTS", tmp_path / "reports")
    yield


def _written() -> dict[str, bytes]:
    files = sorted(path for path in paths.REPORTS.rglob("*") if path.is_file())
    return {path.relative_to(paths.REPORTS).as_posix(): path.read_bytes() for path in files}


def test_results_come_back_as_they_were() -> None:
    array = np.arange(6.0).reshape(2, 3).T  # not contiguous
    record.write("made", FOUND, {"x": array}, DATA, 2.5, MACHINE)
    results, arrays, data = record.read("made", Results)
    assert (results, data) == (FOUND, DATA)
    assert np.array_equal(arrays["x"], array)


def test_a_computation_is_written_apart_from_its_time() -> None:
    record.write("made", FOUND, {"x": np.ones(2)}, DATA, 2.5, MACHINE)
    files = _written()
    assert set(files) == {
        "results/made/computed/arrays.safetensors",
        "results/made/computed/results.json",
        "run/records/made/computed.json",
    }
    assert json.loads(files["run/records/made/computed.json"]) == {"seconds": 2.5, "edition": None} | MACHINE
    assert load_file(paths.computed("made") / "arrays.safetensors").keys() == {"x"}
    record.write("made", Other(2), {}, DATA, 1, MACHINE)
    assert json.loads(_written()["results/made/computed/results.json"]) == {"data": DATA, "results": {"b": 2}}


def test_a_lab_that_computes_nothing_leaves_what_its_data_is() -> None:
    record.write("made", None, {}, DATA, 0.0, {})
    assert json.loads(_written()["results/made/computed/results.json"]) == {"data": DATA}


@pytest.mark.parametrize(
    ("results", "arrays"),
    [
        (Other({1, 2}), {}),  # no JSON
        (Other(1), {"x": np.array(["text"], object)}),  # no safetensors
    ],
)
@pytest.mark.parametrize("before", [False, True])
def test_a_write_that_fails_leaves_what_was_there(results: Other, arrays: dict[str, Any], before: bool) -> None:
    if before:
        record.write("made", Other(1), {"x": np.ones(2)}, DATA, 1, MACHINE)
    kept = _written()
    with pytest.raises(Exception):  # noqa: B017
        record.write("made", results, arrays, DATA, 1, MACHINE)
    assert _written() == kept
    assert not [path.name for path in paths.REPORTS.rglob(".*")]


def test_a_write_clears_what_an_interrupted_one_left() -> None:
    left = paths.computed("made").with_name(".computed.part")
    left.mkdir(parents=True)
    (left / "half").write_text("x")
    record.write("made", Other(1), {}, DATA, 1, MACHINE)
    assert [path.name for path in paths.results("made").iterdir()] == ["computed"]
    assert sorted(path.name for path in paths.computed("made").iterdir()) == ["arrays.safetensors", "results.json"]


@pytest.mark.parametrize("content", ["{", "[]", '{"data": {}}', '{"data": {}, "results": {"a": "x", "by_depth": {}}}'])
def test_what_cannot_be_read_names_the_stage_that_makes_it(content: str) -> None:
    record.write("made", FOUND, {}, DATA, 1, MACHINE)
    (paths.computed("made") / "results.json").write_text(content)
    with pytest.raises(UserError, match=r"computed cannot be read .*dvc repro compute@made"):
        record.read("made", Results)
    (paths.computed("made") / "results.json").unlink()
    with pytest.raises(UserError, match="dvc repro compute@made"):
        record.read("made", Results)
