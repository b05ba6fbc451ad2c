"""Labs of params.yaml with made results: their own words, and scores that a test chooses."""

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from madelab import LAB, Parameters, Told, told

from nnlabs.config import words
from nnlabs.core import paths, record
from nnlabs.core.files import write_json
from nnlabs.labs.cars.results import Results, Yardstick
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.results import collect

Make = Callable[..., Parameters]


def made(make_lab: Make, lab: str, variants: Mapping[str, Told], **more: Any) -> Findings:
    """The findings of a lab of this name with these variants; what params.yaml has beside them is missing."""
    asked = words.read(lab)
    named = {key: each if each.name else _named(each, asked.names[key]) for key, each in variants.items()}
    optional = {key: _named(each, asked.names[key]) for key, each in more.pop("optional", {}).items()}
    comparisons = {key: each.model_dump(mode="json") for key, each in asked.comparisons.items()}
    return Findings(collect(make_lab(named, comparisons, optional=optional, score=asked.score, **more)))


def _named(one: Told, name: str) -> Told:
    return Told(**{key: getattr(one, key) for key in one.__dataclass_fields__} | {"name": name})


def answer(found: Findings, lab: str) -> str:
    """All sentences of the lab's answer."""
    return " ".join(import_module(f"nnlabs.labs.{lab}.page").answer(found).sentences)


def notes(found: Findings, lab: str) -> str:
    """All that the lab says of why."""
    said = import_module(f"nnlabs.labs.{lab}.page").notes(found)
    return " ".join(paragraph for paragraphs in said.values() for paragraph in paragraphs)


def at(score: float, spread: float = 0.005, seeds: int = 3, **more: Any) -> Told:
    """A variant of this mean accuracy, its seeds so far apart."""
    return told(*(score + spread * (i - (seeds - 1) / 2) for i in range(seeds)), **more)


def add_scores(variant: str, **more: Any) -> None:
    """Write more into what was found of a variant."""
    path = paths.scores(LAB, variant)
    write_json(path, json.loads(path.read_text()) | more)


def write_yardsticks(found: Findings, svm: float = 0.65) -> None:
    """Write what the models without layers of `cars` reach."""
    sticks = [Yardstick("Linear model", 0.1, 0.5, 0.55, 0.01), Yardstick("Support vector machine", 1.0, 0.6, svm, 0.01)]
    record.write(LAB, Results(60, 0.9, sticks), {}, found.results.data, 0.0, {})
