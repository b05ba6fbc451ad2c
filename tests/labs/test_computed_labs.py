"""What holds for every lab that computes: the same twice, in a form that a page can read, a page that is whole."""

import json
import math
import re
from dataclasses import asdict
from importlib import import_module
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from computedlab import RAW, SHRUNK, Pages, answer, compute, judged

from answering import ABSENCE, sentences
from nnlabs.config.closure import Closures
from nnlabs.core import paths, record
from nnlabs.core.errors import UserError
from nnlabs.reporting import places

LABS = pytest.mark.parametrize("lab", SHRUNK)


@LABS
def test_a_lab_computes_the_same_twice_and_what_a_page_can_read(lab: str) -> None:
    results, arrays = compute(lab)
    written = json.dumps(asdict(results), allow_nan=False)
    torch.manual_seed(12345)  # nothing may come from a generator that others use
    np.random.seed(12345)
    again, arrays_again = compute(lab)
    assert json.dumps(asdict(again)) == written
    assert arrays.keys() == arrays_again.keys()
    for key, array in arrays.items():
        assert array.tobytes() == arrays_again[key].tobytes(), key
    record.write(lab, results, arrays, {"dataset": "made"}, 1.0, {})
    read, arrays_read, data = record.read(lab, type(results))
    assert read == results
    assert arrays_read.keys() == arrays.keys()
    assert data == {"dataset": "made"}


@LABS
def test_a_few_numbers_and_one_chart_are_for_dvc(lab: str) -> None:
    results, arrays = compute(lab)
    page = import_module(f"nnlabs.labs.{lab}.page")
    shown = judged(lab, results)
    metrics = page.metrics(shown)
    assert 1 <= len(metrics) <= 6
    assert all(math.isfinite(each) for each in metrics.values())
    rows = page.curve(shown, arrays)
    assert {tuple(row) for row in rows} == (set() if lab == "backprop" else {("x", "y", "series")})
    assert all(math.isfinite(row["x"]) and math.isfinite(row["y"]) for row in rows)
    assert len({row["series"] for row in rows}) <= 8


@LABS
def test_a_page_imports_neither_what_computes_nor_torch_nor_numba(lab: str) -> None:
    closure = Closures().of([Path("stages/page.py")], ["nnlabs.reporting.computed", f"nnlabs.labs.{lab}.page"])
    assert not closure["libraries"].keys() & {"torch", "numba"}
    assert f"nnlabs.labs.{lab}.compute" not in closure["modules"]
    others = {f"nnlabs.labs.{other}" for other in RAW["labs"]} - {f"nnlabs.labs.{lab}"}
    assert not closure["modules"].keys() & others


@pytest.mark.parametrize(
    ("lab", "first", "last"),
    [
        ("gradients", r"gradients: \d+% of ", r"gradients: 100% of "),
        ("byhand", "byhand NumPy seed 0 epoch 1/2: loss ", "byhand PyTorch seed 1 epoch 2/2: loss "),
        ("words", "words seed 0 epoch 1/2: loss ", "words seed 4 epoch 2/2: loss "),
    ],
)
def test_long_work_is_told_line_by_line_to_a_scheduler_and_to_no_one_else(
    lab: str, first: str, last: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    compute(lab)
    assert capfd.readouterr() == ("", "")
    monkeypatch.setenv("NNLABS_PROGRESS", "lines")
    seconds = count(step=10)  # so long between two looks at the clock
    monkeypatch.setattr("nnlabs.telling.progress.time", SimpleNamespace(monotonic=lambda: next(seconds)))
    compute(lab)
    lines = capfd.readouterr().out.splitlines()
    assert re.match(first, lines[0])
    assert re.match(last, lines[-1])


@pytest.mark.parametrize("lab", ["gradients", "byhand", "sobel", "words"])
def test_a_lab_without_its_data_names_the_stage_that_makes_it(lab: str) -> None:
    with pytest.raises(UserError, match="dvc repro data@gone"):
        compute(lab, "gone")


# ---------------------------------------------------------------- pages


def _written(lab: str) -> dict[str, bytes]:
    folders = (places.figures(lab), places.metrics(lab), places.plots(lab))
    files = [places.page(lab), places.answer(lab), *(path for folder in folders for path in folder.iterdir())]
    return {path.relative_to(paths.REPORTS).as_posix(): path.read_bytes() for path in files}


@LABS
def test_bytes_repeat_and_nothing_stale_stays(lab: str, pages: Pages) -> None:
    pages.write(lab, drawn=True)
    first = _written(lab)
    (places.figures(lab) / "stale.svg").touch()
    pages.write(lab, drawn=True)
    assert _written(lab) == first


@LABS
def test_a_page_is_whole(lab: str, pages: Pages) -> None:
    page = pages.write(lab)
    assert page.endswith("\n")
    assert not re.search(r"\bnan\b|\bNone\b|\binf\b|\{\{|\{%|Undefined|float64\(|\bView\(", page)
    assert "a made processor" not in page
    links = {
        (paths.REPORTS / link).resolve()
        for link in re.findall(r"\]\(([^)]+)\)", page)
        if "://" not in link
        and not link.startswith(("../", "run/", "play/", "#"))
        and link.removesuffix(".md") not in RAW["labs"]
    }
    assert [link for link in links if not link.exists()] == []
    there = {path.resolve() for path in places.figures(lab).glob("[!.]*")}
    shown = re.findall(rf"!\[[^]]*\]\((figures/{lab}/[^)]+)\)", page)
    assert there == {(paths.REPORTS / each).resolve() for each in shown}


@LABS
def test_an_answer_has_two_to_five_sentences_and_tells_of_no_absence(lab: str, pages: Pages) -> None:
    said = answer(pages.write(lab))
    assert 2 <= sentences(said) <= 5, said
    assert not ABSENCE.search(said), said


@LABS
def test_a_page_says_how_to_change_it_with_keys_that_exist(lab: str, pages: Pages) -> None:
    page = pages.write(lab)
    commands = re.findall(r"^dvc exp run (.*)$", page, re.MULTILINE)
    assert commands
    for command in commands:
        assert command.endswith(f" page@{lab}")
    for key in re.findall(r"-S '?([\w.]+)=", page):
        at: Any = RAW
        for part in key.split("."):
            at = at[part]


@LABS
def test_networks_are_drawn_where_a_lab_has_some(lab: str, pages: Pages) -> None:
    text = pages.write(lab)
    drawn = lab in ("regression", "xor", "gradients", "rules", "byhand", "sobel", "words")
    assert (f"](figures/{lab}/networks.svg)" in text) == (places.figures(lab) / "networks.svg").exists()
    assert not drawn or "networks.svg" in text
    assert "## How it works" in text.split("## Try it")[0]


@LABS
def test_images_are_shown_where_a_lab_learns_from_some(lab: str, pages: Pages) -> None:
    text = pages.write(lab, drawn=lab == "byhand")
    assert ("figures/" + lab + "/samples.png" in text) == (lab in ("gradients", "rules", "byhand"))
    assert ("2 images each of top, middle and bottom" in text) == (lab in ("gradients", "rules", "byhand"))
    assert ("*The first 2 training images of every class.*" in text) == (lab in ("gradients", "rules", "byhand"))


def test_a_sample_is_said_to_be_one(pages: Pages) -> None:
    assert "Sample, not a result" not in pages.write("sobel")
    assert "**Sample, not a result:**" in pages.write("sobel", sample=True).split("## Answer")[0]
