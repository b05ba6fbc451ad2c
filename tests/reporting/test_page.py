"""Pages from made results: links lead somewhere, nothing stale stays, bytes repeat."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from madelab import (
    LAB,
    RUN,
    Parameters,
    Told,
    cells,
    column,
    compare,
    page,
    told,
    without,
    write_all,
    write_page,
    write_report,
)

from nnlabs.config.editions import in_edition
from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.reporting import places, time_charts

Make = Callable[..., Parameters]

TWO = {"a": told(0.80, 0.82, 0.81), "b": told(0.85, 0.88, 0.86, validation=0.9)}
ASKED = {"pair": compare("a", "b")}
PAGES = (f"{LAB}.md", "README.md", RUN, "run/pages/README.md")


def written() -> dict[str, bytes]:
    return {
        str(path.relative_to(paths.REPORTS)): path.read_bytes() for path in paths.REPORTS.rglob("*") if path.is_file()
    }


def table_of(name: str, heading: str) -> str:
    """The page's table that has a column of this heading."""
    blocks = page(name).split("\n\n")
    return next(block for block in blocks if block.startswith("|") and f" {heading} |" in block.splitlines()[0])


def links(name: str) -> set[Path]:
    """Files that a page links to or shows, but for modules: in tests others save figures, and elsewhere."""
    found = re.findall(r"\]\(([^)#]+)\)", page(name))
    return {
        ((paths.REPORTS / name).parent / link).resolve()
        for link in found
        if "://" not in link and not link.startswith("../src/")
    }


@pytest.mark.parametrize("comparisons", [{}, {"pair": compare("a", "b", "c"), "rest": compare("c", "a")}], ids=len)
def test_every_link_leads_to_a_file_and_every_figure_is_shown(make_lab: Make, comparisons: dict[str, object]) -> None:
    write_all(make_lab({**TWO, "c": told(0.7, 0.7, 0.7)}, comparisons))
    for name in PAGES:
        assert links(name)
        assert [link for link in links(name) if not link.exists()] == []
    there = {path.resolve() for path in (places.figures(LAB)).iterdir()}
    shown = re.findall(rf"!\[[^]]*\]\((figures/{LAB}/[^)]+)\)", page())
    assert there == {(paths.REPORTS / each).resolve() for each in shown}


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({}, "training measured while the weights still change.\n"),
        ({"flip": True}, "while the weights still change, with augmentation on where a variant has it."),
        ({"crop": 2}, "while the weights still change, with augmentation on where a variant has it."),
    ],
)
def test_what_is_on_in_training_alone_is_told_where_it_is(make_lab: Make, own: dict[str, Any], said: str) -> None:
    variants = {"a": told(0.8, 0.9), "b": told(0.7, 0.75, own=own)}
    write_page(make_lab(variants, {}))
    assert said in page()


def test_a_page_alone_says_that_the_index_is_older(make_lab: Make, capsys: pytest.CaptureFixture[str]) -> None:
    settings = make_lab({"a": told(0.8, 0.9), "b": told(0.7, 0.75)}, {})
    write_page(settings)
    assert capsys.readouterr().out == ""  # there is no index yet
    index = paths.REPORTS / "README.md"
    index.write_text("What it said in the other edition.")
    write_page(settings)
    assert capsys.readouterr().out == (
        f"{LAB}: {index} shows what the page said before, until `dvc repro report` has run\n"
    )
    index.write_text(json.loads(places.answer(LAB).read_text())["answer"])
    write_page(settings)
    assert capsys.readouterr().out == ""


def test_bytes_repeat(make_lab: Make) -> None:
    settings = make_lab(TWO, ASKED)
    write_all(settings)
    first = written()
    write_all(settings)
    assert written() == first


def test_pages_are_whole_sentences_of_numbers(make_lab: Make) -> None:
    write_all(make_lab(TWO, ASKED, [{"what": "x", "variant": "a", "split": "test", "metric": "loss", "value": 0.4}]))
    for name in PAGES:
        text = page(name)
        assert text.endswith("\n")
        for odd in ("nan", "None", "{{", "{%", "Undefined"):
            assert odd not in text
    text = page()
    assert "86.33" in text  # (85 + 88 + 86) / 3
    assert "*b* is better than *a*" in text
    assert "0.4000" in text


@pytest.mark.parametrize("edition", ["embedded", "original", "single"])
def test_the_command_for_another_epoch_changes_it(
    make_lab: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edition: str
) -> None:
    """In params.yaml, whether the variant states its epochs, for one edition or both, or has its lab's."""
    from dvc.utils.hydra import apply_overrides

    write_page(make_lab({"a": told(0.80)}, edition=edition))  # 3 epochs, whoever states them
    (command,) = (line for line in page().splitlines() if ".epochs=" in line)
    override = shlex.split(command)[4]
    file = tmp_path / "params.yaml"
    monkeypatch.chdir(tmp_path)
    for own in ({}, {"epochs": 3}, {"epochs": 9, "original": {"epochs": 3}}):
        file.write_text(yaml.safe_dump({"variants": {"a": own}}))
        apply_overrides(file.name, [override])
        changed = yaml.safe_load(file.read_text())["variants"]["a"]
        assert in_edition(changed, "original" if edition == "original" else "embedded")["epochs"] == 4, own


def test_what_differs_between_honest_runs_is_on_the_run_page_alone(make_lab: Make) -> None:
    write_all(make_lab(TWO, ASKED))
    for words in ("a processor", "2000-01-01", "a mirror", "300 MiB"):
        assert words in page(RUN)
        assert words not in page() + page("README.md")


def test_removing_a_variant_removes_its_files_and_the_page_says_so(make_lab: Make) -> None:
    settings = make_lab({**TWO, "c": told(0.7, 0.7, 0.7)}, ASKED | {"rest": compare("a", "c")})
    write_page(without(settings, "b"))
    assert not [name for name in written() if Path(name).stem == "b" or "/b/" in name]
    (said,) = (line for line in page().splitlines() if line.startswith("Not in `params.yaml`"))
    assert "*b*" in said and "*c*" not in said


def test_a_lab_without_variants_still_has_pages_and_none_of_its_old_figures(make_lab: Make) -> None:
    settings = make_lab(TWO, ASKED)
    old = places.figures(LAB) / "curves-pair.svg"
    old.parent.mkdir(parents=True)
    old.touch()
    write_all(without(settings, *TWO))
    for name in PAGES:
        assert name == "run/pages/README.md" or "No variant of this lab" in page(name)
        assert [link for link in links(name) if not link.exists()] == []
    assert [file.name for file in (places.figures(LAB)).iterdir()] == [".gitkeep"]


def test_a_missing_result_names_its_stage_and_leaves_the_old_page(make_lab: Make) -> None:
    settings = make_lab(TWO, ASKED)
    write_all(settings)
    for name in PAGES:
        (paths.REPORTS / name).write_text("old")
    for missing, write, stage in (
        (paths.scores(LAB, "b"), write_page, "evaluate@b"),
        (paths.scores(LAB, "b"), write_report, "evaluate@b"),
        (places.answer(LAB), write_report, f"page@{LAB}"),
        (paths.run_record(LAB, "b"), write_report, "train@b"),
        (paths.served("made"), write_report, "data@made"),
    ):
        content = missing.read_bytes()
        missing.unlink()
        with pytest.raises(UserError, match=f"dvc repro {stage}`"):
            write(settings)
        assert [page(name) for name in PAGES] == ["old"] * len(PAGES), stage
        missing.write_bytes(content)


@pytest.mark.parametrize("variants", [{"a": told(0.8)}, {"a": told(0.8), "b": Told({7: 0.9})}], ids=len)
def test_few_seeds_make_a_page_without_made_up_numbers(make_lab: Make, variants: dict[str, Told]) -> None:
    settings = make_lab(variants, ASKED)
    write_all(settings)
    assert "nan" not in page() + page("README.md")


def test_rates_that_were_tried_count_in_time_but_not_in_curves(make_lab: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[str, dict[int, list[float]]] = {}
    draw = time_charts.accuracy_against_time
    monkeypatch.setattr(time_charts, "accuracy_against_time", lambda lab, ends: drawn.update(ends) or draw(lab, ends))
    write_all(make_lab({"a": told(0.8, 0.9, own={"lr_grid": [0.01, 0.1]})}))
    (row,) = cells(table_of(RUN, "images/s"))[1:]
    # two kept runs of 2 s an epoch and one tried of 50: the median is 2; 6 s a seed, 3 x 6 s in all
    assert row[2:] == ["2", "100", "6.0", "18.0", "300 MiB"]
    assert "All variants: 3 runs each, 1 thread, float32, on the CPU." in page(RUN)
    assert drawn == {"a": {0: [1.0, 3.0, 6.0], 1: [1.0, 3.0, 6.0]}}


def test_machines_are_told_with_the_variants_they_trained(make_lab: Make) -> None:
    settings = make_lab({**TWO, "c": told(0.7)})
    another = {"cpu": "another", "gpu": "a card", "peak_memory_bytes": 2**30, "peak_gpu_memory_bytes": 2**29}
    for name, changes in (("b", another), ("c", {"peak_memory_bytes": None})):
        record = json.loads(paths.run_record(LAB, name).read_text())
        paths.run_record(LAB, name).write_text(json.dumps(record | changes))
    write_all(settings)
    lines = page(RUN).splitlines()
    machines = {name: next(line for line in lines if f"**{name}**" in line) for name in ("a processor", "another")}
    assert machines["a processor"].endswith(": a; c")
    assert machines["another"].endswith(": b") and "a card" in machines["another"]
    (sentence,) = (line for line in lines if "machines of one kind" in line)
    assert "comes from 2 (a processor; another, a card)." in sentence
    memory = column(table_of(RUN, "peak memory"), "peak memory")
    assert memory == ["300 MiB", "1,024 MiB, on the GPU 512", "–"]
