"""Editions, samples, pretrained layers: said wherever numbers stand."""

import json
import re
from collections.abc import Callable
from math import isnan
from typing import Any

import pytest
from madelab import LAB, RUN, Parameters, column, compare, page, told, write_all

from nnlabs.core import paths
from nnlabs.data.catalogue.licences import licence
from nnlabs.data.rule import rule
from nnlabs.reporting import epochs, messages, provenance, score_tables
from nnlabs.reporting.results import collect

Make = Callable[..., Parameters]
PAGES = (f"{LAB}.md", RUN, "README.md", "run/pages/README.md")
TWO = {"a": told(0.80, 0.82), "b": told(0.85, 0.88, validation=0.9)}


def pages(parameters: Parameters) -> dict[str, str]:
    write_all(parameters)
    return {name: page(name) for name in PAGES}


@pytest.mark.parametrize(("edition", "said"), [("embedded", "embedded"), ("original", "original"), ("single", "–")])
def test_every_page_with_numbers_says_the_edition(make_lab: Make, edition: str, said: str) -> None:
    told = pages(make_lab(TWO, edition=edition))
    for name in PAGES[:2]:
        assert (f"(`edition: {said}`)." in told[name]) == (edition != "single")
    sizes, _ = (line for line in told["README.md"].splitlines() if line.startswith("| `made`"))
    assert (f" {said} |" in sizes) == (edition in told["README.md"]) == (edition != "single")


@pytest.mark.parametrize("origin", ["mnist", "cifar10", "cifar100", "fashion-mnist", "afhq", "own"])
def test_labels_are_doubted_where_wrong_ones_were_found(origin: str) -> None:
    said = provenance.doubt({"origin": origin})
    assert ("found wrong labels" in said) == (origin in ("mnist", "cifar10", "cifar100"))
    assert ("category that a shop's staff gave" in said) == (origin == "fashion-mnist")
    assert bool(said) == (origin not in ("afhq", "own"))
    assert ("test set of CIFAR-10." in said) == (origin == "cifar10")


def test_the_doubt_stands_in_the_gallerys_caption(make_lab: Make) -> None:
    (caption,) = (block for block in pages(make_lab(TWO))[PAGES[0]].split("\n\n") if "most confident mistake" in block)
    assert "Northcutt" in caption  # the made lab's images are MNIST's


@pytest.mark.parametrize("sample", [True, False])
def test_a_sample_heads_every_page(make_lab: Make, sample: bool) -> None:
    for name, text in pages(make_lab(TWO, sample=sample)).items():
        lines = text.splitlines()
        assert lines[0].startswith("# ")
        assert lines[2].startswith("**Sample, not a result:**") == sample, name
        assert ("Sample" in text) == sample


def features(**changes: Any) -> dict[str, Any]:
    chosen = {"backbone": "resnet18", "frozen": 3, "size": 96, "flip": True} | changes
    return {"features": chosen, "weights": {"file": "resnet18-0123.pth", "sha256": "0123456789abcdef" * 4}}


def test_what_is_pretrained_is_told() -> None:
    said = provenance.features("cut", features())
    for words in ("`cut`", "the first 3 of the 5 stages", "`resnet18`", "96 x 96 pixels", "mirror images"):
        assert words in said
    assert "mirror" not in provenance.features("cut", features(flip=False))
    assert "the size that it was trained with" in provenance.features("cut", features(size=None))
    none, whole = (provenance.features("cut", features(frozen=frozen)) for frozen in (0, 5))
    assert "none of its 5 stages is frozen" in none and "first" not in none
    assert "what all 5 stages of" in whole and "first" not in whole


def test_weights_are_told_once_with_hash_and_licence() -> None:
    (said,) = provenance.weights({"cut": features(), "whole": features(frozen=5)})
    for words in ("`resnet18`", "resnet18-0123.pth", "`0123456789abcdef`"):
        assert words in said
    free = licence("resnet18")
    assert f"[{free.name}]({free.url})" in said and free.citation in said
    assert len(provenance.weights({"cut": features(), "other": features(backbone="resnet50")})) == 2
    assert provenance.weights({}) == []


def test_pages_of_transfer_tell_the_frozen_part_and_its_seconds(make_lab: Make) -> None:
    cut = {"made-cut": {"dataset": "made", "backbone": "resnet18", "frozen": 3, "size": 64, "frozen_parameters": 8766}}
    variants = {**TWO, "tuned": told(0.9, 0.91, own={"model": "transfer", "dataset": "made-cut"})}
    settings = make_lab(variants, {"pair": compare("a", "tuned")}, features=cut)
    write_all(settings)
    lab, run = page(), page(RUN)
    assert "\n\n- `made-cut`: what the first 3 of the 5 stages" in lab
    assert lab.count("net-0123.pth") == 1 and "\n\nWeights of `resnet18`: net-0123.pth" in lab
    assert "\n\n\n" not in lab
    trained = column(score_tables.accuracies(collect(settings)), "parameters")
    assert trained == ["1,234", "1,234", "1,234 of 10,000"]
    assert "`made-cut`: features computed in 4.0 s" in run
    row = next(line for line in run.splitlines() if line.startswith("| tuned"))
    # 1 + 2 + 3 seconds of epochs after 4 of features
    assert [cell.strip() for cell in row.split("|")][3:6] == ["2", "100", "10.0"]
    assert "a variant that stands on features starts" in run
    # the rival is done after 6
    assert re.search(r"In 10 s of training, all of its run, \*tuned\* reaches .* from scratch by then, \*b\*", run)


@pytest.mark.parametrize(("processes", "apart"), [(1, False), (2, False), (2, True)])
def test_batch_statistics_of_several_processes_are_said(make_lab: Make, processes: int, apart: bool) -> None:
    settings = make_lab({"a": told(0.8, 0.9, processes=processes, apart=apart)})
    write_all(settings)
    lab, run = page(), page(RUN)
    assert (f"*a* was trained by {processes} processes; batch normalisation takes its statistics" in lab) == apart
    assert (f"1 thread, {processes} processes, float32" in run) == (processes > 1)


@pytest.mark.parametrize(("first", "when"), [(1, ""), (2, ", from epoch 2 on")])
def test_a_choice_of_hard_images_is_said(make_lab: Make, first: int, when: str) -> None:
    write_all(make_lab({"a": told(0.8, 0.9, own={"proxy": proxy(first)}), "b": told(0.7, 0.8)}))
    text = page()
    said = f"images only the 16 that a small network beside it finds hardest{when}; its scores while training are then"
    assert f"*a* learns of every 46 {said}" in text
    assert "*b* learns" not in text


def test_training_scores_of_hard_images_are_not_compared_with_others(make_lab: Make) -> None:
    results = collect(make_lab({"a": told(0.8, 0.9, own={"proxy": proxy(2)}), "b": told(0.7, 0.8)}))
    a, b = (results.variants[key] for key in "ab")
    assert (a.picked, b.picked) == (True, False)
    assert isnan(epochs.gap(a)) and not isnan(epochs.gap(b))
    assert column(epochs.table(results), "gap, points")[0] == "–"
    assert "with *a*" not in epochs.overfitting(results)
    assert epochs.gaps(a, b) == [] and epochs.gaps(b, b) == [epochs.gap(b)] * 2
    alone = collect(make_lab({"a": told(0.8, 0.9, own={"proxy": proxy(2), "fit": "train+validation"})}))
    assert messages.curves(alone, ["a"]).startswith("Training accuracy on hard images alone ends at")


def test_a_page_says_whose_weights_are_a_running_mean(make_lab: Make) -> None:
    write_all(make_lab({"a": told(0.8, 0.9, own={"ema_decay": 0.95}), "b": told(0.7, 0.8)}))
    said = "*a* keeps a running mean of its weights, of which each step leaves 0.95 as it was"
    assert page(f"{LAB}.md").count(said) == 1
    assert page(f"{LAB}.md").count("running mean of its weights") == 1


def test_a_proxy_that_never_came_to_pick_is_not_told_of(make_lab: Make) -> None:
    results = collect(make_lab({"a": told(0.8, 0.9, own={"proxy": proxy(99)})}))
    assert not results.variants["a"].picked


def proxy(first_epoch: int) -> dict[str, Any]:
    return {"keep": 0.35, "first_epoch": first_epoch, "network": {"hidden": [8]}, "shrink": 1, "lr": None}


def test_the_validation_part_is_carved_or_the_origins_own() -> None:
    assert "carved from the official training set" in provenance.splits({"validation": 0.1})
    assert "is the official one" in provenance.splits({"validation": None})
    mine = {"path": "~/mine", "test": 0.2, "validation": None}
    assert provenance.splits(mine).startswith("The validation part is the folder's own; the test images are carved")
    assert "official" not in provenance.splits(mine | {"test": None, "validation": 50})


def test_what_people_saw_of_test_images_is_said_at_one_place(make_lab: Make) -> None:
    headings = re.findall(r"^## (.*)$", pages(make_lab(TWO))["README.md"], re.M)
    for settings in ({"validation": 0.1}, {"path": "~/mine", "test": 0.2, "validation": 0.1}):
        said = provenance.splits(settings)
        assert "once" not in said and "Code chooses on validation alone" in said
        (anchor,) = re.findall(r"\(README\.md#(.*?)\)", said)
        assert anchor in [each.lower().replace(" ", "-") for each in headings]


def test_the_terms_of_a_folder_of_ones_own_are_as_its_owner_states_them() -> None:
    mine = {"origin": "folder"}
    assert provenance.terms(mine, {"path": "~/mine", "licence": "CC0"}) == "CC0"
    assert provenance.terms(mine, {"path": "~/mine", "licence": None}) == "not stated"
    assert provenance.citation("folder") == ""


def test_classes_of_several_are_told() -> None:
    groups = {"cat": ["cat"], "wild": ["deer", "horse", "bird"], "dog": ["puppy"]}
    said = provenance.groups({"groups": groups})
    assert said == "Of the origin's classes, `wild` is deer, horse and bird in equal parts; `dog` is puppy."
    assert provenance.groups({"classes": ["cat"], "groups": None}) == ""
    assert provenance.groups({"groups": {"cat": ["cat"]}}) == ""


FILES: dict[str, Any] = {
    "parts": {"train": "train", "validation": "valid", "test": "test"},
    "files": 1200,
    "counts": {"broken": 2, "empty": 0, "CMYK": 1},
    "duplicates": 1,
    "merged": {"Chow": ["Chow", "Chow "]},
}


@pytest.mark.parametrize(
    ("changes", "words", "missing"),
    [
        (
            {},
            ["Of 1,200 files: 2 broken, 1 CMYK.", "1 image identical", "was dropped", "`Chow` and `Chow `"],
            "empty,",
        ),
        ({"duplicates": 2}, ["2 images identical to another one were dropped."], "was"),
        ({"counts": {}, "duplicates": 0, "merged": {}}, ["Of 1,200 files: all plain images."], "identical to another"),
    ],
)
def test_what_became_of_files_is_told(make_lab: Make, changes: dict[str, Any], words: list[str], missing: str) -> None:
    settings = make_lab(TWO)
    same = "Whoever serves it, the arrays are the same."  # of arrays, whose hashes were published
    assert same in pages(settings)[RUN]
    path = paths.computed(LAB) / "results.json"
    data = json.loads(path.read_text())["data"]
    path.write_text(json.dumps({"data": data | {"images": FILES | changes}}))
    told = pages(settings)
    assert same not in told[RUN]
    assert "a hash of all names and contents is kept from the first fetch" in told[RUN]
    setup = told[f"{LAB}.md"].split("## Setup")[1].split("The validation part")[0]
    assert rule(to_box=False) in setup
    assert "The set's folders: `train` (training), `valid` (validation) and `test` (test)." in setup
    for each in words:
        assert each in setup
    assert missing not in setup.replace(rule(to_box=False), "")
    assert setup.endswith("\n\n")
    assert provenance.files(data, {}) == []
