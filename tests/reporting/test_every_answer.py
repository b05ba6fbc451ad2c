"""Every trained lab's answer has two to five sentences, and what cannot be told is never told as an absence."""

import re
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from madefour import answer, at, made, notes, write_yardsticks
from madelab import Parameters, Told, told

from answering import ABSENCE, OPEN, sentences
from nnlabs.config import words
from nnlabs.reporting.findings import Findings

Make = Callable[..., Parameters]
LABS = [
    lab
    for path in sorted(Path("src/nnlabs/labs").glob("*/lab.yaml"))
    if words.read(lab := path.parent.name).comparisons
]
OPTIONAL = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))["optional"]
KINDS: dict[str, Callable[[int], Told]] = {
    "tied": lambda i: at(0.8),
    "reversed": lambda i: at(0.9 - 0.02 * i),
    "in order": lambda i: at(0.6 + 0.02 * i),
    "wide": lambda i: at(0.6 + 0.02 * i, spread=0.2),
    "one seed": lambda i: told(0.6 + 0.02 * i),
    "two seeds": lambda i: at(0.6 + 0.02 * i, seeds=2),
    "no spread": lambda i: told(0.8, 0.8, 0.8),
    "chance": lambda i: at(1 / 3),
}


def of(make_lab: Make, lab: str, kind: str) -> Findings:
    keys = [key for key in words.read(lab).names if key not in OPTIONAL]
    found = made(make_lab, lab, {key: replace(KINDS[kind](i), own=_own(key)) for i, key in enumerate(keys)})
    if lab == "cars":
        write_yardsticks(found)
    return found


def _own(key: str) -> dict[str, Any]:
    """What the grid of `objects3` is sorted by, which its keys say."""
    told = re.fullmatch(r"objects3-lr0p(\d+)-h(\d+)-b(\d+)", key)
    return {"lr": float(f"0.{told[1]}"), "hidden": [int(told[2])], "batch_size": int(told[3])} if told else {}


@pytest.mark.parametrize("lab", LABS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_has_two_to_five_sentences(make_lab: Make, lab: str, kind: str) -> None:
    found = of(make_lab, lab, kind)
    said = answer(found, lab)
    assert 2 <= sentences(said) <= 5, said
    row = import_module(f"nnlabs.labs.{lab}.page").answer(found).row
    assert said.endswith(row[-40:]) and sentences(row) <= sentences(said)


@pytest.mark.parametrize("lab", LABS)
@pytest.mark.parametrize("kind", [each for each in KINDS if each not in ("reversed", "in order")])
def test_what_cannot_be_told_is_not_told_as_an_absence(make_lab: Make, lab: str, kind: str) -> None:
    found = of(make_lab, lab, kind)
    judged = [found.judged(each) for compared in found.compared.values() for each in compared]
    said = answer(found, lab)
    assert not any(each.found and found.telling(each) for compared in found.compared.values() for each in compared)
    for text in (said, notes(found, lab), *judged):
        assert not (absent := ABSENCE.search(text)), f"{absent[0]!r} in {text}"
    assert OPEN.search(" ".join([said, *judged]))


@pytest.mark.parametrize(
    "said",
    [
        "Freezing makes no difference.",
        "*A* is no better than *B*.",
        "Adam and AdaMax are equally good.",
        "Batch norm does not matter.",
        "Both have the same accuracy.",
        "One is as good as the other.",
    ],
)
def test_an_absence_is_seen(said: str) -> None:
    assert ABSENCE.search(said)


def test_sentences_are_counted() -> None:
    assert sentences("gensim 4.4.0 gets 0.39 (5 seeds). *CNN* gets 3 %. Yes: C. Guo et al. say so.") == 3
    assert sentences("") == 0
