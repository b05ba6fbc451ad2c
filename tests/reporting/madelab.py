"""A lab with made results, in the files that train, evaluate and compute would have written."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlabs.core import paths
from nnlabs.core.files import write_json
from nnlabs.core.settings import StageSettings
from nnlabs.evaluation import outcomes
from nnlabs.evaluation.outcomes import Outcomes
from nnlabs.evaluation.statistics import sampling_error
from nnlabs.reporting import index, rendering, trained

LAB = "shapes"
CLASSES = ["disc", "ring", "cross"]
BEST_EPOCH = 2
MACHINE = {
    "cpu": "a processor",
    "cores": 2,
    "gpu": None,
    "system": "Linux",
    "versions": {"python": "3", "torch": "2", "numpy": "2", "nnlabs": "0"},
}
Parameters = dict[str, Any]
"""What the stage `page` of a lab is given."""
DEFAULTS: dict[str, Any] = {"batch_size": 16, "epochs": 3, "optimizer": "adam", "lr": 0.001, "seeds": [0, 1, 2]}


@dataclass(frozen=True)
class Told:
    """What a variant's files say."""

    test: dict[int, float]
    """Accuracy of every seed; of the classes 0.1 less, as much, 0.1 more. All get the same 27 of 30 images right."""
    validation: float = 0.8
    """Of every seed at its best epoch, the second of three; in the others 0.1 less."""
    training: float = 0.7
    """Likewise."""
    own: dict[str, Any] = field(default_factory=dict)
    """What the variant states in params.yaml: `model`, `dataset`, and how it is trained."""
    runs: dict[int, list[tuple[float, float, float, float]]] | None = None
    """In place of validation and training, of every seed and epoch: training loss and accuracy, validation likewise."""
    f1: float = -0.01
    """Macro-F1 less accuracy, everywhere."""
    record: dict[str, Any] = field(default_factory=dict)
    """What its run record says beside the usual."""
    processes: int = 1
    apart: bool = False
    """Whether each process took batch statistics of its own."""
    seconds: float = 1.0
    """Of the first epoch; the others take one more each."""
    name: str | None = None
    """What readers see; the id where it is absent."""

    def rows(self, seed: int) -> list[tuple[float, float, float, float]]:
        """The epochs of a kept run."""
        if self.runs is not None:
            return self.runs[seed]
        part = [0.1 * (epoch != BEST_EPOCH) for epoch in range(1, DEFAULTS["epochs"] + 1)]
        return [(1 / i, self.training - less, 1 / i, self.validation - less) for i, less in enumerate(part, 1)]

    def best(self, seed: int) -> int:
        rows = self.rows(seed)
        return max(range(len(rows)), key=lambda i: rows[i][3]) + 1

    @property
    def fits_all(self) -> bool:
        return bool(self.own.get("fit") == "train+validation")


def told(*test: float, **more: Any) -> Told:
    """A variant with these accuracies of seeds 0, 1, ..."""
    return Told(dict(enumerate(test)), **more)


def cells(table: str) -> list[list[str]]:
    """A Markdown table's cells, header first; it must be rectangular."""
    header, rule, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    assert all(set(cell) <= set(":-") for cell in rule)
    assert {len(row) for row in (header, rule, *rows)} == {len(header)}
    return [header, *rows]


def column(table: str, name: str) -> list[str]:
    header, *rows = cells(table)
    return [row[header.index(name)] for row in rows]


def compare(*variants: str) -> dict[str, Any]:
    """A comparison of a lab, as in lab.yaml."""
    return {
        "question": f"{variants}?",
        "variants": [*variants],
        "compared": "this",
        "tuned": "that",
        "fixed": "the rest",
    }


def write_page(parameters: Parameters) -> None:
    """As the stage `page` does."""
    trained.write(StageSettings("page", LAB, parameters, ""))


def write_report(parameters: Parameters) -> None:
    """As the stage `report` does, after the page."""
    told = parameters | {"computes": False, "group": "Figures in the plane"}
    datasets = {"made": parameters["dataset_settings"]}
    index.write({"labs": [told], "datasets": datasets, "edition": "embedded", "sample": parameters["sample"]})


def write_all(parameters: Parameters) -> None:
    write_page(parameters)
    write_report(parameters)


def without(parameters: Parameters, *ids: str) -> Parameters:
    """The parameters after these variants were removed."""
    return parameters | {"variants": [each for each in parameters["variants"] if each["id"] not in ids]}


def page(name: str = f"{LAB}.md") -> str:
    return (paths.REPORTS / name).read_text(encoding="utf-8")


RUN = f"run/pages/{LAB}.md"


USUAL = DEFAULTS | {"patience": None, "fit": "train", "lr_grid": None}


NETWORK = ("hidden", "dropout", "batch_norm")
"""Of a variant's own settings those of its network."""


def _told_of(key: str, told: Told, default: bool) -> dict[str, Any]:
    return {"id": key, "name": told.name or key, "default": default, "usual": USUAL}


def _trained(key: str, told: Told) -> dict[str, Any]:
    """What was trained, as the weights remember it."""
    own = {name: each for name, each in told.own.items() if name not in ("model", "dataset", *NETWORK)}
    return {
        "id": key,
        "lab": LAB,
        "dataset": told.own.get("dataset", "made"),
        "model": told.own.get("model", "mlp"),
        "training": USUAL | own | {"seeds": [*told.test]},
        "network": {name: each for name, each in told.own.items() if name in NETWORK},
        "algorithm": {},
    }


def _data(channels: int, classes: Sequence[str], edition: str) -> dict[str, Any]:
    return {
        "dataset": "made",
        "edition": edition,
        "origin": "mnist",
        "classes": [*classes],
        "shape": [channels, 6, 6],
        "sizes": {"train": 1200, "validation": 300, "test": 30},
        "content": {"train_images": "0123456789abcdef" * 4},
    }


def _features(name: str, told: dict[str, Any]) -> dict[str, Any]:
    """What is said of features."""
    chosen = {"size": None, "flip": False} | {key: told[key] for key in told if key != "frozen_parameters"}
    weights = {"file": "net-0123.pth", "sha256": "fedcba9876543210" * 4}
    more = {key: told[key] for key in told if key == "frozen_parameters"}
    return {"dataset": name, "features": chosen, "weights": weights} | more


def _write_scores(name: str, told: Told, rates: Sequence[float], data: dict[str, Any], classes: Sequence[str]) -> None:
    confusion = np.array([[8, 1, 1], [0, 9, 1], [0, 0, 10]])
    spread = np.array([-0.1, 0, 0.1])
    if len(classes) != len(CLASSES):  # the later a class, the better; one in ten taken for the next
        confusion = np.diag(np.arange(len(classes)) + 10) + np.eye(len(classes), k=1, dtype=int)
        spread = np.linspace(-0.1, 0.1, len(classes))
    accuracies = [*told.test.values()]
    best = {seed: told.best(seed) for seed in told.test}
    scores = {
        "data": data,
        "variant": _trained(name, told),
        "test_images": 30,
        "parameters": 1234,
        "precision": "float32",
        "processes": told.processes,
        "batch_statistics": "of each process" if told.apart else "of the batch",
        "seeds": [*told.test],
        "lr": [rates[0]] * len(told.test),
        "tried": [_tried(lr) for lr in rates] if len(rates) > 1 else [],
        "best_epoch": [len(told.rows(seed)) if told.fits_all else best[seed] for seed in told.test],
        "accuracy": accuracies,
        "loss": [0.5] * len(accuracies),
        "macro_f1": [accuracy + told.f1 for accuracy in accuracies],
        "validation_accuracy": None if told.fits_all else [told.rows(s)[epoch - 1][3] for s, epoch in best.items()],
        "class_accuracy": [(accuracy + spread).clip(0, 1).tolist() for accuracy in accuracies],
        "confusion": [confusion.tolist() for _ in accuracies],
        "calibration": [_calibration(accuracy) for accuracy in accuracies],
        "sampling_error": sampling_error(float(np.mean(accuracies)), 30),
        "gallery": [
            {"true": classes[i % 3], "predicted": classes[2 * i % 3], "confidence": 0.5 + i / 10} for i in range(5)
        ],
        "samples": [classes[0], classes[1]],
        "layers": _layers(data),
    }
    write_json(paths.scores(LAB, name), scores)
    cells = [cell for cell, n in np.ndenumerate(confusion) for _ in range(n)]
    true, predicted = np.transpose(cells)
    Outcomes(true, np.stack([predicted] * len(accuracies))).write(outcomes.path(LAB, name))


def _calibration(accuracy: float) -> dict[str, Any]:
    """Ten images right by half, twenty of which as many are right as is said."""
    none = [None] * 7
    return {
        "images": [0] * 7 + [10] + [0] * 6 + [20],
        "confidence": [*none, 0.5, *none[1:], accuracy],
        "right": [*none, 0.5, *none[1:], accuracy],
    }


def _layers(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Of a linear classifier."""
    shape = data.get("shape", [8])  # of features none is told
    n = int(np.prod(shape))
    norm = {"kind": "Normalize", "inputs": shape, "shape": shape, "parameters": 0}
    return [norm, {"kind": "Linear", "inputs": [n], "shape": [3], "parameters": 3 * n + 3}]


def _tried(lr: float) -> dict[str, Any]:
    """What a search says of a rate: the smaller, the better, and those above 1 diverge."""
    reached = None if lr > 1 else 0.5 - lr
    return {"lr": lr, "seed": 0, "validation_accuracy": reached, "validation_macro_f1": reached and reached - 0.01}


def _write_history(name: str, told: Told, rates: Sequence[float]) -> None:
    """The first rate is the kept one; the others were tried on the first seed, and badly."""
    runs = [(rates[0], seed, 1) for seed in told.test] + [(lr, next(iter(told.test)), 0) for lr in rates[1:]]
    rows = []
    for lr, seed, chosen in runs:
        for epoch, (train_loss, train, validation_loss, validation) in enumerate(told.rows(seed), 1):
            row: dict[str, Any] = {"lr": lr, "seed": seed, "epoch": epoch, "learning_rate": lr, "chosen": chosen}
            for split, loss, accuracy in (("train", train_loss, train), ("validation", validation_loss, validation)):
                empty = split == "validation" and told.fits_all
                row[f"{split}_loss"] = "" if empty else loss
                row[f"{split}_accuracy"] = "" if empty else chosen * accuracy
                row[f"{split}_macro_f1"] = "" if empty else chosen * (accuracy + told.f1)
            rows.append(row)
    path = paths.history(LAB, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def _write_gallery(name: str, channels: int) -> None:
    rng = np.random.default_rng(0)
    np.save(paths.gallery(LAB, name), rng.integers(0, 256, (7, channels, 6, 6), dtype=np.uint8))


def _write_record(name: str, told: Told, rates: Sequence[float]) -> None:
    def run(seed: int, lr: float) -> dict[str, Any]:
        epochs = [told.seconds + i for i in range(len(told.rows(seed)))]
        return {
            "seed": seed,
            "lr": lr,
            "epochs": len(epochs),
            "seconds": sum(epochs),
            "seconds_per_epoch": 2.0 if lr == rates[0] else 50.0,
            "images_per_second": 100.0,
            "epoch_seconds": epochs,
        }

    record = {
        "runs": [run(seed, lr) for lr in rates for seed in (told.test if lr == rates[0] else [next(iter(told.test))])],
        "peak_memory_bytes": 300 * 2**20,
        "device": "cpu",
        "precision": "float32",
        "threads": 1,
        "when": "2000-01-01",
        **MACHINE,
    }
    write_json(paths.run_record(LAB, name), record | told.record)


@pytest.fixture
def make_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Parameters]:
    """Write a lab's files and give the parameters of its page; variants by id, in order."""
    monkeypatch.setattr(paths, "REPORTS", tmp_path / "reports")
    labs = tmp_path / "labs"
    (labs / LAB).mkdir(parents=True)
    (labs / LAB / "page.md.j2").write_text('{% extends "lab.md.j2" %}{% block text %}Made.{% endblock %}')
    (tmp_path / "params.yaml").touch()  # which the index links to
    monkeypatch.setattr(rendering, "LABS", labs)
    monkeypatch.setattr(rendering.TEMPLATES.loader, "searchpath", [rendering.HERE / "templates", labs])

    def make(
        variants: dict[str, Told],
        comparisons: dict[str, Any] | None = None,
        reported: Sequence[dict[str, Any]] = (),
        *,
        channels: int = 1,
        classes: Sequence[str] = CLASSES,
        edition: str = "embedded",
        optional: dict[str, Told] | None = None,
        features: dict[str, dict[str, Any]] | None = None,
        **changes: Any,
    ) -> Parameters:
        optional, features = optional or {}, features or {}
        data = _data(channels, classes, edition)
        write_json(paths.computed(LAB) / "results.json", {"data": data})
        write_json(paths.served("made"), {"source": "a mirror", "bytes": 10**6, "seconds": 1.5, "fetched": True})
        for name in features:
            write_json(paths.features_record(name), {"seconds": 4.0} | MACHINE)
        every = optional | variants
        for key, told in every.items():
            rates = told.own.get("lr_grid") or [told.own.get("lr", DEFAULTS["lr"])]
            dataset = told.own.get("dataset", "made")
            on = _features(dataset, features[dataset]) if dataset in features else data
            _write_scores(key, told, rates, on, classes)
            _write_history(key, told, rates)
            _write_gallery(key, channels)
            _write_record(key, told, rates)
        told_of = [_told_of(key, told, True) for key, told in variants.items()]
        told_of += [_told_of(key, told, False) for key, told in optional.items() if key not in variants]
        return {
            "lab": LAB,
            "title": "Shapes",
            "question": "Which?",
            "score": "accuracy",
            "dataset": "made",
            "dataset_settings": {"origin": "mnist", "seed": 0, "validation": 0.2, "groups": None},
            "knobs": None,
            "page": None,
            "template": f"{LAB}/page.md.j2",
            "defaults": DEFAULTS,
            "comparisons": [{"key": key, "pairs": [], **each} for key, each in (comparisons or {}).items()],
            "reported": [*reported],
            "names": {key: told.name or key for key, told in every.items()},
            "variants": told_of,
            "edition": edition,
            "sample": False,
        } | changes

    return make
