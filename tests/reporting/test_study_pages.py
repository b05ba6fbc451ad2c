"""Pages of exercises and studies, from results that the studies' own code computes with small settings."""

import json
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from nnlabs import config as params
from nnlabs.core import paths
from nnlabs.core.files import write_json
from nnlabs.reporting import figures
from nnlabs.reporting.collect import study_results
from nnlabs.reporting.page import write_study
from nnlabs.reporting.runs import write_study_runs
from nnlabs.labs import record

SMALL: dict[str, dict[str, Any]] = {
    "descent": {"iterations": 300, "agreement_steps": 5},
    "activations": {},
    "backprop": {},
    "regression": {
        "sigmoid": {"iterations": 40, "snapshots": [20, 40], "seeds": [0, 1]},
        "cosine": {"iterations": 40, "snapshots": [20, 40], "seeds": [0, 1]},
    },
    "xor": {
        "corners": {"iterations": 60, "points": 60, "hidden": 8, "seeds": [0, 1]},
        "classes": {"epochs": 2, "points": 60, "seeds": [0, 1]},
    },
    "gradients": {"depths": [2, 4], "width": 6, "batch_size": 16, "steps": 2, "seeds": [0, 1]},
    "byhand": {"images": 48, "channels": [2, 3], "epochs": 3, "batch_size": 16, "compared_steps": 4, "seeds": [0, 1]},
    "sobel": {"images": 16, "shown": 2, "steps": 20},
}
"""What differs from params.yaml."""
SHAPES = {"mnist": (1, 28, 28), "fashion": (1, 28, 28), "cifar10": (3, 32, 32)}
SIZES = {"train": 64, "val": 20, "test": 40}
How = Callable[[dict[str, Any], dict[str, Any]], None]
Change = Callable[..., str]


def _changed(settings: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return settings | {k: _changed(settings[k], v) if isinstance(v, dict) else v for k, v in changes.items()}


def _small() -> params.Params:
    """params.yaml with small studies."""
    settings = params.load()
    sections = {}
    for section in ("exercises", "studies"):
        content = getattr(settings, section)
        small = {
            name: type(each)(**_changed(each.model_dump(), SMALL[name]))
            for name, each in content
            if each is not None and name in SMALL
        }
        sections[section] = type(content)(**small)
    return settings.model_copy(update=sections)


def _write_data(name: str, shape: tuple[int, int, int]) -> None:
    """A dataset of noise, and what the pages say of it."""
    rng = np.random.default_rng(0)
    folder = paths.dataset(name)
    folder.mkdir(parents=True)
    for part, size in SIZES.items():
        np.save(folder / f"{part}_images.npy", rng.integers(256, size=(size, *shape), dtype=np.uint8))
        np.save(folder / f"{part}_labels.npy", rng.integers(10, size=size))
    told = {
        "dataset": name,
        "origin": name,
        "edition": "made",
        "classes": [f"class {k}" for k in range(10)],
        "shape": shape,
        "sizes": SIZES,
        "mean": [0.5] * shape[0],
        "deviation": [0.25] * shape[0],
        "licence": {"name": "free", "url": "https://example.org/licence"},
    }
    write_json(folder / "meta.json", told)
    write_json(paths.provenance(name), told)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[params.Params]:
    """All of SMALL computed once."""
    small = _small()
    folder = tmp_path_factory.mktemp("checkout")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATA", "MODELS", "REPORTS"):
            patch.setattr(paths, name, folder / name.lower())
        patch.setattr(paths, "FIGURES", paths.REPORTS / "figures")
        for dataset, shape in SHAPES.items():
            _write_data(dataset, shape)
        for name, each in small.studied().items():
            record.write(name, *import_module(f"nnlabs.labs.{name}.compute").study(each), 1.0)
        yield small


@pytest.fixture(scope="module")
def pages(settings: params.Params) -> params.Params:
    """All pages written, over something stale."""
    for name in SMALL:
        (paths.FIGURES / name).mkdir(parents=True)
        (paths.FIGURES / name / "stale.svg").touch()
        write_study(name, settings)
    write_study_runs(settings)
    return settings


@pytest.fixture
def change(pages: params.Params, monkeypatch: pytest.MonkeyPatch) -> Iterator[Change]:
    """Write the page of changed results and give its text; what was computed comes back afterwards."""
    before: dict[str, Any] = {}

    def apply(name: str, how: How, drawn: bool = False) -> str:
        before.setdefault(name, (study_results(name, pages), written(name)))
        results, arrays = study_results(name, pages)
        how(results, arrays)
        record.write(name, results, arrays, 1.0)
        if not drawn:  # which takes most of the time
            monkeypatch.setattr(figures, "save", lambda figure, path: path.touch())
        write_study(name, pages)
        return page(name)

    yield apply
    for name, (computed, files) in before.items():
        record.write(name, *computed, 1.0)
        for file, content in files.items():
            folder = paths.REPORTS if file.endswith(".md") else paths.FIGURES / name
            (folder / file).write_bytes(content)


def page(name: str) -> str:
    text = (paths.REPORTS / f"{name}.md").read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert not re.search(r"\bnan\b|\bNone\b|\binf\b|\{\{|\{%|Undefined|float64\(", text)
    return text


def answer(text: str) -> str:
    return text.split("## Answer\n\n")[1].split("\n\n")[0]


def written(name: str) -> dict[str, bytes]:
    files = [paths.REPORTS / f"{name}.md", *(paths.FIGURES / name).iterdir()]
    return {path.name: path.read_bytes() for path in files}


@pytest.mark.usefixtures("pages")
def test_what_studies_took_has_a_page_of_its_own() -> None:
    text = page("run/studies")
    for name in SMALL:
        assert f"](../{name}.md)" in text
    assert re.search(r"\*\*.+\*\*, \d+ cores.*: `descent`, .*`sobel`", text)


def test_a_sample_is_said_to_be_one(pages: params.Params) -> None:
    assert "Sample, not a result" not in page("sobel")
    try:
        write_study("sobel", pages.model_copy(update={"sample": True}))
        assert "**Sample, not a result:**" in page("sobel").split("## Answer")[0]
    finally:
        write_study("sobel", pages)


@pytest.mark.parametrize("name", SMALL)
def test_bytes_repeat(pages: params.Params, name: str) -> None:
    first = written(name)
    write_study(name, pages)
    assert written(name) == first


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.usefixtures("pages")
def test_every_figure_is_shown_and_every_link_leads_to_a_file(name: str) -> None:
    found = re.findall(r"\]\(([^)]+)\)", page(name))
    links = {(paths.REPORTS / link).resolve() for link in found if "://" not in link and not link.startswith("../")}
    assert [link for link in links if not link.exists()] == []
    there = {path.resolve() for path in (paths.FIGURES / name).glob("[!.]*")}
    assert there == {link for link in links if link.parent.name == name}
    assert bool(there) == (name != "backprop")  # which is all tables
    assert any((paths.FIGURES / name).iterdir())  # git would lose an empty folder, and DVC run the page again


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.usefixtures("pages")
def test_the_page_says_how_to_change_it_with_keys_that_exist(name: str) -> None:
    content = {section: getattr(params.load(), section).model_dump() for section in ("exercises", "studies")}
    keys = re.findall(r"-S '?([\w.]+)=", page(name))
    assert keys
    for key in keys:
        at: Any = content
        for part in key.split("."):
            at = at[part]


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.usefixtures("pages")
def test_no_machine_on_a_page(name: str) -> None:
    machine = json.loads(paths.study_record(name).read_text())
    assert machine["cpu"] and machine["cpu"] not in page(name)


def _first_seed(results: dict[str, Any], arrays: dict[str, Any]) -> None:
    """What one seed would have left."""
    for part in (results, results.get("corners"), results.get("classes")):
        if part and "runs" in part:
            part["runs"] = part["runs"][:1]
    for pair in results.get("pairs", []):
        for key in ("layers_start", "layers_trained", "depths_start", "depths_trained"):
            pair[key] = pair[key][:1]
        pair["losses"] = {depth: each[:1] for depth, each in pair["losses"].items()}
        for name in [name for name in arrays if name.startswith(f"{pair['name']}.")]:
            arrays[name] = arrays[name][:1]


@pytest.mark.parametrize("name", ["xor", "gradients", "byhand"])
def test_one_seed_has_no_interval(change: Change, name: str) -> None:
    text = change(name, _first_seed)
    assert "±" not in answer(text)
    if name != "gradients":
        assert "(1 seed)" in answer(text)
        assert "too few to say whether they differ" in text


def test_the_network_and_the_line_are_held_to_what_is_expected(change: Change) -> None:
    def both(network: float, line: float) -> How:
        def how(results: dict[str, Any], _: dict[str, Any]) -> None:
            for run in results["corners"]["runs"]:
                run |= {"network": network, "line": line}

        return how

    text = change("xor", both(0.999, 0.5))
    assert "The network gets 99.5 % or more on every seed (lowest of 2 seeds: 99.90 %)" in text
    assert "the line gets less than 80 % on every seed" in text
    assert "gets 99.90 ± 0.00 % of held-out points right, a line 50.00 ± 0.00 % (2 seeds)" in answer(text)
    text = change("xor", both(0.7, 0.9))
    assert "The network does **not** get 99.5 % or more" in text
    assert "the line does **not** get less than 80 % on every seed (highest of 2 seeds: 90.00 %)" in text
    assert "`network` is worse than `line`" in text


def test_a_class_without_points_has_no_accuracy(change: Change) -> None:
    def how(results: dict[str, Any], _: dict[str, Any]) -> None:
        for run in results["classes"]["runs"]:
            run["regressed_per_class"][2] = run["softmax_per_class"][2] = float("nan")

    assert re.search(r"four outputs, softmax .*\| +– \|", change("xor", how))


def test_a_boundary_that_is_outside_is_not_drawn(change: Change) -> None:
    def how(_: dict[str, Any], arrays: dict[str, Any]) -> None:
        arrays["corners.line"] = np.full_like(arrays["corners.line"], 3)

    change("xor", how, drawn=True)


def test_parameters_are_counted(change: Change) -> None:
    text = change("xor", lambda results, arrays: None)
    assert re.search(r"4-8-2 .*\(4 \+ 1\) · 8 \+ \(8 \+ 1\) · 2 \| +58 \|", text)
    assert re.search(r"784-512-256-128-10 .*\| +567,434 \|", text)


@pytest.mark.parametrize(
    ("apart", "last", "level", "learn"),
    [([1.0, None], None, 0, 0), ([2.0, 9.0], 0.5, 12, 12), ([2.0, 30.0], 2.3, 0, 0), ([2.0, 11.0], 2.0, 12, 12)],
)
def test_pairs_are_level_and_learn_by_their_median(
    change: Change, apart: list[float | None], last: float | None, level: int, learn: int
) -> None:
    def how(results: dict[str, Any], _: dict[str, Any]) -> None:
        for pair in results["pairs"]:
            plain = not pair["remedy"]
            pair["depths_start"] = apart if plain else [None, None]
            pair["losses"]["4"] = [[2.5, last if plain else None]] * 2

    text = change("gradients", how)
    assert f"for {level} of 12 pairs of initial weights and activation" in answer(text)
    assert "0 of 9 with a remedy" in answer(text)
    assert answer(text).endswith(f"At depth 4 {learn} of the 12 and 0 of the 9 learn.")
    assert ("**Level, and it learns** (12)" in text) == (level == 12)
    assert "overflow" in text and "∞" in text


def test_norms_that_vanished_or_overflowed_are_told(change: Change) -> None:
    def how(results: dict[str, Any], arrays: dict[str, Any]) -> None:
        for pair in results["pairs"][:2]:
            pair |= {"layers_trained": [None, None], "depths_trained": [None, None]}
        first, second = (pair["name"] for pair in results["pairs"][:2])
        arrays[f"{first}.4"][:, 1] = np.inf
        arrays[f"{second}.4"][:, :, 1:] = 0

    change("gradients", how, drawn=True)


@pytest.mark.parametrize(
    ("first", "later", "words"),
    [
        (1e-7, 1e-6, "Losses are the same to float32 rounding"),
        (1e-7, 1e-2, "Losses are the same at the first step alone"),
        (1e-3, 1e-2, "Losses are **not** the same"),
        (float("nan"), float("nan"), "Losses are **not** the same: they differ by ∞"),
    ],
)
def test_losses_are_held_to_what_float32_allows(change: Change, first: float, later: float, words: str) -> None:
    def how(results: dict[str, Any], _: dict[str, Any]) -> None:
        for run in results["runs"]:
            run["apart"] = [first, later, 0.0, later]

    text = change("byhand", how)
    assert words in text
    assert ("which is more than the 10⁻⁵ allowed" in answer(text)) == (not first <= 1e-5)


def test_a_run_that_diverged_leaves_a_page(change: Change) -> None:
    def how(results: dict[str, Any], arrays: dict[str, Any]) -> None:
        for kind in ("numpy", "torch"):
            arrays[f"{kind}.0.losses"][1:] = np.nan

    assert "∞" in change("byhand", how, drawn=True)


def test_the_architecture_counts_what_was_trained(change: Change) -> None:
    text = change("byhand", lambda results, arrays: None)
    (count,) = re.findall(r"^([\d,]+) parameters, the same in both", text, re.MULTILINE)
    counts = re.findall(r"^\| (?:convolution|linear).*\| +([\d,]+) \|$", text, re.MULTILINE)
    assert int(count.replace(",", "")) == sum(int(each.replace(",", "")) for each in counts)


@pytest.mark.parametrize(("error", "learned"), [(1e-4, True), (0.3, False)])
def test_the_filter_is_learned_or_not(change: Change, error: float, learned: bool) -> None:
    def how(results: dict[str, Any], _: dict[str, Any]) -> None:
        results["headline"]["largest_error_of_a_weight"] = error

    assert ("learns the filter" in answer(change("sobel", how))) == learned


def test_grey_photographs_are_shown_too(change: Change) -> None:
    def how(_: dict[str, Any], arrays: dict[str, Any]) -> None:
        arrays["images"] = np.ascontiguousarray(arrays["images"][:, :1])

    change("sobel", how, drawn=True)
