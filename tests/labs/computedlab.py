"""Labs that compute, with small knobs on made data: settings, results, and pages of changed results."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nnlabs.config import variants, words
from nnlabs.core import record
from nnlabs.core.record import Arrays
from nnlabs.core.settings import StageSettings
from nnlabs.data import corpus, meta, nothing, prepared
from nnlabs.data.corpus import Corpus
from nnlabs.data.settings import NoneSettings
from nnlabs.reporting import computed, figure_sources, figures, places

RAW: dict[str, Any] = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))

SHRUNK: dict[str, dict[str, Any]] = {
    "descent": {
        "iterations": 400,
        "tolerance": 1e-9,
        "agreement_steps": 5,
        "rates": {"lowest": 0.01, "highest": 0.16, "number": 3},
        "quadratic.conditions": [3, 100],
    },
    "activations": {
        "dying": {"units": 8, "points": 20, "steps": 5, "rates": [0.1, 30], "bias": -3, "seeds": [0, 1]},
    },
    "backprop": {},
    "regression": {
        f"{curve}.{key}": value
        for curve in ("sigmoid", "cosine")
        for key, value in {"iterations": 20, "points": 12, "hidden": [4], "snapshots": [5, 20], "seeds": [0, 1]}.items()
    },
    "xor": {
        "corners.iterations": 20,
        "corners.points": 20,
        "corners.hidden": 3,
        "corners.seeds": [0, 1],
        "classes.epochs": 2,
        "classes.points": 60,
        "classes.seeds": [0, 1],
    },
    "gradients": {"depths": [1, 3], "width": 6, "batch_size": 8, "steps": 2, "seeds": [0, 1]},
    "rules": {
        **{"images": 20, "batch_size": 5, "steps": 6, "hidden": 4, "rates": [0.01, 0.1], "sizes": [2, 40]},
        **{"deep.layers": 2, "seeds": [0, 1, 2]},
        "stuck": {"starts": 2, "steps": 4, "rates": [0.1, 1.0], "adam": [0.01], "momentum": 0.9},
    },
    "byhand": {"images": 20, "channels": [2, 3], "batch_size": 8, "epochs": 2, "compared_steps": 3, "seeds": [0, 1]},
    "sobel": {"images": 12, "shown": 2, "steps": 4, "batch_size": 3, "seeds": [0, 1]},
    "words": {
        "dimensions": 8,
        "window": 3,
        "negatives": 3,
        "subsample": 0.05,
        "epochs": 2,
        "lr": 0.05,
        "seeds": [0, 4],
        "neighbours": ["war", "gold"],
        "analogies": [["war", "peace", "army", "navy"], ["gold", "silver", "gold", "gold"]],
        "map": {"numbers": ["two", "three"], "forces": ["army", "navy", "war"]},
    },
}
"""Two of everything that a lab loops over; all else as in params.yaml."""
DATA = {
    **dict.fromkeys(("descent", "activations", "backprop", "regression", "xor"), "none"),
    **{"sobel": "colour", "words": "text"},
}
"""The made dataset that a lab gets, where it is not `grey`."""

VOCABULARY = ["the", "of", "war", "peace", "army", "navy", "gold", "silver", "two", "three", "red", "blue"]
SIMILARITIES = [
    ("war", "peace", 8.0),
    ("war", "gold", 1.0),
    ("two", "three", 9.0),
    ("red", "of", 2.0),
    ("war", "tiger", 5.0),
]
SIZES = {"train": 30, "validation": 9, "test": 9}
CLASSES = ["top", "middle", "bottom"]

Change = Callable[[Any, Arrays], Any]
"""Gives other results; arrays may be changed in their place."""


def printed(lab: str) -> list[dict[str, Any]]:
    """What the lab's source printed."""
    return words.reported(lab, getattr(variants.computing(lab), "Printed", words.Figure))


def write_data() -> None:
    """All made datasets."""
    _write_images("grey", (1, 16, 16))
    _write_images("colour", (3, 12, 12))
    _write_text("text")
    nothing.make("none", NoneSettings(origin="none"), "only", sample=False)


def _write_images(name: str, shape: tuple[int, int, int]) -> None:
    """Noise with a bright row that is the class."""
    rng = np.random.default_rng(0)
    with prepared.writing(name) as writer:
        for part, n in SIZES.items():
            labels = np.arange(n) % len(CLASSES)
            images = rng.integers(0, 100, (n, *shape))
            for image, label in zip(images, labels, strict=True):
                image[:, 4 * label : 4 * label + 4] += 150
            writer.images(part, [images.astype(np.uint8)], n, shape, np.uint8)
            writer.labels(part, labels.astype(np.int64))
        channels = shape[0]
        writer.meta(
            {"dataset": name, "origin": "mnist", "edition": "only", "classes": CLASSES, "shape": shape, "sizes": SIZES}
            | {"mean": [0.3] * channels, "std": [0.2] * channels}
        )


def _write_text(name: str) -> None:
    """70 documents; their words come in runs of pairs that belong together."""
    rng = np.random.default_rng(1)
    pairs = rng.integers(len(VOCABULARY) // 2, size=1400)
    tokens = (2 * pairs[:, None] + rng.integers(2, size=(1400, 5))).ravel().astype(np.uint32)
    said = {
        **{"dataset": name, "origin": "speeches", "edition": "only", "min_count": 5},
        **{"documents": 70, "words": 7100, "tokens": len(tokens), "vocabulary": len(VOCABULARY)},
        **{"content": {"tokens": "fedcba" * 10}, "origin_content": {"documents": "abcdef" * 10}},
        "tests": {"origin": "word-tests", "similarities": 5, "questions": 3},
    }
    questions = {"facts": [("war", "peace", "army", "navy")], "gram1": [("two", "three", "red", "blue")] * 2}
    counts = np.bincount(tokens, minlength=len(VOCABULARY))
    starts = np.arange(0, len(tokens) + 1, 100)
    corpus.write(name, Corpus(said, tokens, starts, VOCABULARY, counts, SIMILARITIES, questions))


def dataset(lab: str) -> str:
    return DATA.get(lab, "grey")


def settings(lab: str, **changes: Any) -> Any:
    """A lab's settings of params.yaml, shrunk, with changes by dotted keys."""
    raw = copy.deepcopy({key: value for key, value in RAW["labs"][lab].items() if key != "dataset"})
    for key, value in (SHRUNK[lab] | changes).items():
        *parents, last = key.split(".")
        place = raw
        for parent in parents:
            place = place[parent]
        place[last] = value
    return import_module(f"nnlabs.labs.{lab}.settings").Settings.model_validate(raw)


def compute(lab: str, data: str | None = None, **changes: Any) -> tuple[Any, Arrays]:
    """What a lab computes with such settings, on a made dataset."""
    module = import_module(f"nnlabs.labs.{lab}.compute")
    results, arrays = module.compute(settings(lab, **changes), data or dataset(lab))
    return results, arrays


def judged(lab: str, results: Any, **knobs: Any) -> Any:
    """What the functions of a lab's page are given: results, beside what a source printed where there is one."""
    judge = getattr(import_module(f"nnlabs.labs.{lab}.page"), "judge", None)
    if judge is None:
        return results
    return judge(results, settings(lab, **knobs), printed(lab), words.read(lab).names)


@cache
def _once(lab: str) -> tuple[Any, Arrays]:
    return compute(lab)


@dataclass
class Pages:
    """Writes pages of labs with small knobs."""

    monkeypatch: pytest.MonkeyPatch

    def write(self, lab: str, change: Change | None = None, *, drawn: bool = False, sample: bool = False) -> str:
        """Write a lab's page, of changed results; give its text. Figures are empty, for to draw them takes the time."""
        results, arrays = _once(lab)
        arrays = {key: array.copy() for key, array in arrays.items()}
        results = change(results, arrays) if change else results
        record.write(lab, results, arrays, meta.brief(meta.read(dataset(lab))), 1.0, {"cpu": "a made processor"})
        if not drawn:
            self._draw_nothing(lab)
        computed.write(StageSettings("page", lab, self._parameters(lab, sample), ""))
        return text(lab)

    def _draw_nothing(self, lab: str) -> None:
        for module in (figures, import_module(f"nnlabs.labs.{lab}.page")):
            self.monkeypatch.setattr(module, "save", lambda figure, path, by: path.touch(), raising=module is figures)
        self.monkeypatch.setattr(figure_sources, "source", lambda path: "made")  # which an empty file does not say

    def _parameters(self, lab: str, sample: bool) -> dict[str, Any]:
        said = words.read(lab)
        return {
            "lab": lab,
            "title": said.title,
            "question": said.question,
            "names": said.names,
            "reported": printed(lab),
            "knobs": settings(lab).model_dump(mode="json"),
            "sample": sample,
            "dataset_settings": {},
        }


def text(lab: str) -> str:
    return places.page(lab).read_text(encoding="utf-8")


def answer(page: str) -> str:
    return page.split("## Answer\n\n")[1].split("\n\n")[0]
