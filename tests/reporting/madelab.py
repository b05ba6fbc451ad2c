"""A lab with made results, in the files that data, train and evaluate would have written."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nnlabs import config as params
from nnlabs.core import paths
from nnlabs.evaluation.metrics import Scores
from nnlabs.evaluation.variant import _summary
from nnlabs.core.files import write_json

LAB = "shapes"
CLASSES = ["disc", "ring", "cross"]
BEST_EPOCH = 2
LICENCE = {"name": "free", "url": "https://example.org/licence", "citation": "Nobody (2000)"}
MACHINE = {
    "cpu": "a processor",
    "cores": 2,
    "gpu": None,
    "system": "Linux",
    "versions": {"python": "3", "torch": "2", "numpy": "2", "nnlabs": "0"},
}
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
    folder: Path,
    arms: dict[str, Told],
    comparisons: dict[str, Any],
    reported: Sequence[dict[str, Any]],
    extras: dict[str, Told],
    features: dict[str, dict[str, Any]],
    sample: bool,
    **lab: Any,
) -> params.Params:
    def variant(i: int, arm: Told) -> dict[str, Any]:
        common = {"lab": LAB, "dataset": "made", "model": "mlp", "seeds": [*arm.test]}
        hidden = {} if arm.own.get("model", "mlp") != "mlp" else {"hidden": [i + 1]}
        return common | hidden | arm.own

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
        "sample": sample,
        "device": "cpu",
        "precision": "float32",
        "datasets": {"made": {"origin": "mnist", "seed": 0, "validation": 0.2}},
        "features": {
            name: {key: each[key] for key in each if key != "frozen_parameters"} for name, each in features.items()
        },
        "labs": {LAB: shapes | lab},
        "variants": {name: variant(i, arm) for i, (name, arm) in enumerate(arms.items())},
        "extras": {name: variant(100 + i, arm) for i, (name, arm) in enumerate(extras.items())},
    }
    file = folder / "params.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    return params.load(file)


def _write_metrics(name: str, arm: Told, lr: float, tried: list[dict[str, Any]], classes: Sequence[str]) -> None:
    confusion = np.array([[8, 1, 1], [0, 9, 1], [0, 0, 10]])
    spread = np.array([-0.1, 0, 0.1])
    if len(classes) != len(CLASSES):  # the later a class, the better; one in ten taken for the next
        confusion = np.diag(np.arange(len(classes)) + 10) + np.eye(len(classes), k=1, dtype=int)
        spread = np.linspace(-0.1, 0.1, len(classes))
    scored = [Scores(0.5, a, a + arm.f1, a + spread, confusion, np.array([]), np.array([])) for a in arm.test.values()]
    configs = [
        {
            "seed": seed,
            "lr": lr,
            "tried": tried,
            "parameters": 1234,
            "precision": "float32",
            "processes": arm.processes,
            "batch_statistics": "of each process" if arm.apart else "of the batch",
            "best_epoch": arm.best(seed),
            "validation": {"accuracy": arm.rows(seed)[arm.best(seed) - 1][3], "loss": 0.6},
        }
        for seed in arm.test
    ]
    summary = _summary(scored, configs, 30)
    if arm.fits_all:
        last = [len(arm.rows(seed)) for seed in arm.test]
        summary |= {"validation_accuracy": None, "validation_accuracy_per_seed": None, "best_epoch_per_seed": last}
    write_json(paths.metrics(LAB, name), summary)


def _write_history(name: str, arm: Told, rates: Sequence[float]) -> None:
    """The first rate is the kept one; the others were tried on the first seed, and badly."""
    runs = [(rates[0], seed, 1) for seed in arm.test] + [(lr, next(iter(arm.test)), 0) for lr in rates[1:]]
    rows = []
    for lr, seed, chosen in runs:
        for epoch, (train_loss, train, validation_loss, validation) in enumerate(arm.rows(seed), 1):
            row: dict[str, Any] = {"lr": lr, "seed": seed, "epoch": epoch, "learning_rate": lr, "chosen": chosen}
            for split, loss, accuracy in (("train", train_loss, train), ("validation", validation_loss, validation)):
                empty = split == "validation" and arm.fits_all
                row[f"{split}_loss"] = "" if empty else loss
                row[f"{split}_accuracy"] = "" if empty else chosen * accuracy
                row[f"{split}_macro_f1"] = "" if empty else chosen * (accuracy + arm.f1)
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
    def run(seed: int, lr: float) -> dict[str, Any]:
        epochs = [arm.seconds + i for i in range(len(arm.rows(seed)))]
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
        "runs": [run(seed, lr) for lr in rates for seed in (arm.test if lr == rates[0] else [next(iter(arm.test))])],
        "peak_memory_bytes": 300 * 2**20,
        "device": "cpu",
        "precision": "float32",
        "threads": 1,
        "when": "2000-01-01",
        **MACHINE,
    }
    write_json(paths.run_record(LAB, name), record | arm.record)


def _write_data(channels: int, classes: Sequence[str], edition: str) -> None:
    data = {
        "dataset": "made",
        "edition": edition,
        "origin": "mnist",
        "classes": [*classes],
        "shape": [channels, 6, 6],
        "sizes": {"train": 1200, "val": 300, "test": 30},
        "content": {"train_images": "0123456789abcdef" * 4},
        "licence": LICENCE,
    }
    write_json(paths.provenance("made"), data)
    served = {"source": "a mirror", "bytes": 10**6, "seconds": 1.5, "fetched": True}
    write_json(paths.served("made"), served)


def _write_features(name: str, told: dict[str, Any]) -> None:
    chosen = {"size": None, "flip": False} | {key: told[key] for key in told if key != "frozen_parameters"}
    weights = {"file": "net-0123.pth", "sha256": "fedcba9876543210" * 4, "licence": LICENCE}
    more = {key: told[key] for key in told if key == "frozen_parameters"}
    write_json(paths.provenance(name), {"dataset": name, "features": chosen, "weights": weights} | more)
    write_json(paths.features_record(name), {"seconds": 4.0} | MACHINE)


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
        classes: Sequence[str] = CLASSES,
        edition: str = "embedded",
        sample: bool = False,
        extras: dict[str, Told] | None = None,
        features: dict[str, dict[str, Any]] | None = None,
        **lab: Any,
    ) -> params.Params:
        extras, features = extras or {}, features or {}
        settings = _settings(tmp_path, arms, comparisons or {}, reported, extras, features, sample, **lab)
        _write_data(channels, classes, edition)
        for name, told in features.items():
            _write_features(name, told)
        for name, arm in (arms | extras).items():
            rates = (settings.arms | settings.extras)[name].rates
            tried = [{"lr": lr, "seed": 0, "validation_accuracy": 0.5 - lr} for lr in rates] if len(rates) > 1 else []
            _write_metrics(name, arm, rates[0], tried, classes)
            _write_history(name, arm, rates)
            _write_gallery(name, channels)
            _write_record(name, arm, rates)
        return settings

    return make
