"""A lab with made results, in the files that data, train and evaluate would have written."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nnlabs import params, paths
from nnlabs.evaluation.metrics import Scores
from nnlabs.evaluation.variant import _summary
from nnlabs.files import write_json

LAB = "shapes"
CLASSES = ["disc", "ring", "cross"]
BEST_EPOCH = 2
DEFAULTS = {"batch_size": 16, "epochs": 3, "optimizer": "adam", "lr": 0.001, "seeds": [0, 1, 2]}


@dataclass(frozen=True)
class Told:
    """What an arm's files say."""

    test: dict[int, float]
    """Accuracy of every seed; of the classes 0.1 less, as much, 0.1 more."""
    validation: float = 0.8
    """Of every seed at its best epoch, the second of three; in the others 0.1 less."""
    training: float = 0.7
    """Likewise."""
    own: dict[str, Any] = field(default_factory=dict)
    """What the variant states in params.yaml."""


def told(*test: float, **more: Any) -> Told:
    """An arm with these accuracies of seeds 0, 1, ..."""
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


def compare(*arms: str) -> dict[str, Any]:
    """A comparison of a lab, as in params.yaml."""
    return {"question": f"{arms}?", "arms": [*arms], "compared": "this", "tuned": "that", "fixed": "the rest"}


def _settings(
    folder: Path, arms: dict[str, Told], comparisons: dict[str, Any], reported: Sequence[dict[str, Any]], **lab: Any
) -> params.Params:
    variants = {}
    for i, (name, arm) in enumerate(arms.items()):
        common = {"lab": LAB, "dataset": "made", "model": "mlp", "hidden": [i + 1], "seeds": [*arm.test]}
        variants[name] = common | arm.own
    shapes = {
        "title": "Shapes",
        "question": "Which?",
        "dataset": "made",
        "text": "Made.",
        "defaults": DEFAULTS,
        "comparisons": comparisons,
        "reported": [*reported],
    }
    content = {
        "edition": "embedded",
        "device": "cpu",
        "precision": "float32",
        "datasets": {"made": {"origin": "mnist", "seed": 0, "validation": 0.2}},
        "labs": {LAB: shapes | lab},
        "variants": variants,
    }
    file = folder / "params.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    return params.load(file)


def _write_metrics(name: str, arm: Told, lr: float, tried: list[dict[str, Any]]) -> None:
    confusion = np.array([[8, 1, 1], [0, 9, 1], [0, 0, 10]])
    scored = [
        Scores(0.5, a, a - 0.01, np.array([a - 0.1, a, a + 0.1]), confusion, np.array([]), np.array([]))
        for a in arm.test.values()
    ]
    configs = [
        {
            "seed": seed,
            "lr": lr,
            "tried": tried,
            "parameters": 1234,
            "precision": "float32",
            "best_epoch": BEST_EPOCH,
            "validation": {"accuracy": arm.validation, "loss": 0.6},
        }
        for seed in arm.test
    ]
    write_json(paths.metrics(LAB, name), _summary(scored, configs, 30))


def _write_history(name: str, arm: Told, rates: Sequence[float]) -> None:
    """The first rate is the kept one; the others were tried on the first seed, and badly."""
    runs = [(rates[0], seed, 1) for seed in arm.test] + [(lr, next(iter(arm.test)), 0) for lr in rates[1:]]
    rows = []
    for lr, seed, chosen in runs:
        for epoch in range(1, DEFAULTS["epochs"] + 1):
            row = {"lr": lr, "seed": seed, "epoch": epoch, "learning_rate": lr, "chosen": chosen}
            for split, accuracy in (("train", arm.training), ("validation", arm.validation)):
                row[f"{split}_loss"] = 1 / epoch
                row[f"{split}_accuracy"] = chosen * (accuracy - 0.1 * (epoch != BEST_EPOCH))
                row[f"{split}_macro_f1"] = row[f"{split}_accuracy"]
            rows.append(row)
    path = paths.history(LAB, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def _write_gallery(name: str, channels: int) -> None:
    rng = np.random.default_rng(0)
    folder = paths.gallery(LAB, name)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "images.npy", rng.integers(0, 256, (5, channels, 6, 6), dtype=np.uint8))
    shown = [{"true": CLASSES[i % 3], "predicted": CLASSES[2 * i % 3], "confidence": 0.5 + i / 10} for i in range(5)]
    write_json(folder / "predictions.json", shown)


def _write_record(name: str, arm: Told, rates: Sequence[float]) -> None:
    runs = [
        {
            "seed": seed,
            "lr": lr,
            "epochs": 3,
            "seconds": 6.0,
            "seconds_per_epoch": 2.0 if lr == rates[0] else 50.0,
            "images_per_second": 100.0,
            "epoch_seconds": [1.0, 2.0, 3.0],
        }
        for lr in rates
        for seed in (arm.test if lr == rates[0] else [next(iter(arm.test))])
    ]
    record = {
        "runs": runs,
        "peak_memory_bytes": 300 * 2**20,
        "device": "cpu",
        "precision": "float32",
        "threads": 1,
        "when": "2000-01-01",
        "cpu": "a processor",
        "cores": 2,
        "gpu": None,
        "system": "Linux",
        "versions": {"python": "3", "torch": "2", "numpy": "2", "nnlabs": "0"},
    }
    write_json(paths.run_record(LAB, name), record)


def _write_data(channels: int) -> None:
    data = {
        "dataset": "made",
        "edition": "embedded",
        "origin": "mnist",
        "classes": CLASSES,
        "shape": [channels, 6, 6],
        "sizes": {"train": 1200, "val": 300, "test": 30},
        "content": {"train_images": "0123456789abcdef" * 4},
        "licence": {"name": "free", "url": "https://example.org/licence", "citation": "Nobody (2000)"},
    }
    write_json(paths.provenance("made"), data)
    served = {"source": "a mirror", "bytes": 10**6, "seconds": 1.5, "fetched": True}
    write_json(paths.served("made"), served)


@pytest.fixture
def make_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., params.Params]:
    """Write a lab's files and give its settings; arms by name, in order."""
    monkeypatch.setattr(paths, "REPORTS", tmp_path / "reports")
    monkeypatch.setattr(paths, "FIGURES", tmp_path / "reports" / "figures")

    def make(
        arms: dict[str, Told],
        comparisons: dict[str, Any] | None = None,
        reported: Sequence[dict[str, Any]] = (),
        *,
        channels: int = 1,
        **lab: Any,
    ) -> params.Params:
        settings = _settings(tmp_path, arms, comparisons or {}, reported, **lab)
        _write_data(channels)
        for name, arm in arms.items():
            rates = settings.arms[name].rates
            tried = [{"lr": lr, "seed": 0, "validation_accuracy": 0.5} for lr in rates] if len(rates) > 1 else []
            _write_metrics(name, arm, rates[0], tried)
            _write_history(name, arm, rates)
            _write_gallery(name, channels)
            _write_record(name, arm, rates)
        return settings

    return make
