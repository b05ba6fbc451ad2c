"""A whole variant: what is written of it, the choice of its rate, and what its checkpoints are kept under."""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from runs import made

from nnlabs.config.closure import Closures
from nnlabs.core import paths, settings
from nnlabs.core.errors import UserError
from nnlabs.data import prepared
from nnlabs.models.predict import predict
from nnlabs.models.weights import restore
from nnlabs.training import loop
from nnlabs.training.settings import Variant
from nnlabs.training.variant import train
from variants import variant

PROJECT = Path.cwd()


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to train a variant in, with made data."""
    for name in ("MODELS", "REPORTS"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(prepared, "load", lambda name: made())
    return tmp_path


def test_a_variant_writes_weights_history_and_record(workshop: Path) -> None:
    one = variant("lecture", seeds=(0, 5), lab="clothes")
    train(one, "cpu", "auto", "digest")
    assert sorted(str(p.relative_to(workshop)) for p in workshop.rglob("*") if p.is_file() and p.suffix != ".lock") == [
        "models/made/seed-0.safetensors",
        "models/made/seed-5.safetensors",
        "reports/results/clothes/made/history.csv",
        "reports/run/records/clothes/made.json",
    ]
    rows = list(csv.DictReader(paths.history("clothes", "made").read_text().splitlines()))
    assert [(row["seed"], row["epoch"]) for row in rows] == [(s, e) for s in "05" for e in "123"]
    network, config = restore(workshop / "models/made/seed-5.safetensors")
    logits = predict(network, torch.from_numpy(made().validation.images), config["precision"], tta_flip=False)
    accuracy = (logits.argmax(1).numpy() == made().validation.labels).mean()
    assert accuracy == pytest.approx(config["validation"]["accuracy"])
    assert Variant.of(config["variant"]) == one
    assert (config["mean"], config["std"], config["classes"]) == ([0.286], [0.353], ["a", "b", "c"])
    record = json.loads(paths.run_record("clothes", "made").read_text())
    assert [r["seed"] for r in record["runs"]] == [0, 5]
    assert record["peak_memory_bytes"] > 2**20
    assert record["peak_gpu_memory_bytes"] is None


def test_a_variant_that_learns_from_validation_has_no_figures_of_it(workshop: Path) -> None:
    train(variant(lab="clothes", fit="train+validation"), "cpu", "auto", "digest")
    rows = list(csv.DictReader(paths.history("clothes", "made").read_text().splitlines()))
    assert {row[f"validation_{score}"] for row in rows for score in ("loss", "accuracy", "macro_f1")} == {""}
    assert all(float(row["train_loss"]) > 0 for row in rows)
    _, config = restore(workshop / "models/made/seed-0.safetensors")
    assert (config["validation"], config["best_epoch"], config["tried"]) == (None, 3, [])


def test_a_variant_that_stops_early_records_the_epochs_it_ran(workshop: Path) -> None:
    train(variant(lab="clothes", epochs=40, patience=2), "cpu", "auto", "digest")
    rows = list(csv.DictReader(paths.history("clothes", "made").read_text().splitlines()))
    _, config = restore(workshop / "models/made/seed-0.safetensors")
    (record,) = json.loads(paths.run_record("clothes", "made").read_text())["runs"]
    assert len(rows) == config["best_epoch"] + 2 < 40
    assert record["epochs"] == len(record["epoch_seconds"]) == len(rows)
    assert record["seconds"] == pytest.approx(sum(record["epoch_seconds"]))


def test_a_grid_is_tried_on_the_first_seed_and_the_best_rate_serves_the_others(workshop: Path) -> None:
    grid = {"lr": None, "lr_grid": (1e-9, 0.01), "optimizer": "sgd", "momentum": 0.9}
    train(variant(seeds=(0, 1), lab="clothes", epochs=6, **grid), "cpu", "auto", "digest")
    rows = list(csv.DictReader(paths.history("clothes", "made").read_text().splitlines()))
    tried = {(row["lr"], row["seed"], row["chosen"]) for row in rows}
    assert tried == {("0.01", "0", "1"), ("0.01", "1", "1"), ("1e-09", "0", "0")}
    _, config = restore(workshop / "models/made/seed-1.safetensors")
    assert config["lr"] == 0.01
    assert [each["lr"] for each in config["tried"]] == [1e-9, 0.01]


def test_a_rate_that_diverges_is_the_worst_of_a_search(workshop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grid = {"lr": None, "lr_grid": (1e30, 1e-9, 0.01), "optimizer": "sgd", "momentum": 0.9}
    train(variant(seeds=(0, 1), lab="clothes", epochs=3, **grid), "cpu", "auto", "digest")
    _, config = restore(workshop / "models/made/seed-1.safetensors")
    assert config["lr"] == 0.01
    assert [(each["lr"], each["validation_accuracy"] is None) for each in config["tried"]] == [
        (1e30, True),
        (1e-9, False),
        (0.01, False),
    ]
    rows = list(csv.DictReader(paths.history("clothes", "made").read_text().splitlines()))
    assert {row["lr"] for row in rows} == {"1e-09", "0.01"}
    assert "than 1e+30 may help: the search goes on without this rate" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"lr": None, "lr_grid": (1e30, 1e35)}, r"made: lr_grid: every rate diverged \(1e\+30, 1e\+35\); smaller ones"),
        ({"lr": 1e30}, r"made, seed 0, epoch 1.*; a smaller learning rate than 1e\+30 may help"),
    ],
)
def test_of_a_variant_that_diverges_nothing_is_written(workshop: Path, knobs: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as error:
        train(variant(lab="clothes", optimizer="sgd", **knobs), "cpu", "auto", "digest")
    assert "\n" not in str(error.value)
    assert not any((workshop / name).exists() for name in ("models", "reports"))


def test_a_search_goes_by_what_the_lab_reports(workshop: Path) -> None:
    grid = {"lr": None, "lr_grid": (1e-9, 0.01), "optimizer": "sgd", "momentum": 0.9}
    one = replace(variant(lab="clothes", **grid), score="macro_f1")
    train(one, "cpu", "auto", "digest")
    _, config = restore(workshop / "models/made/seed-0.safetensors")
    reached = [each["validation_macro_f1"] for each in config["tried"]]
    assert config["lr"] == (1e-9, 0.01)[reached.index(max(reached))]
    assert Variant.of(config["variant"]) == one


def trained_epochs(monkeypatch: pytest.MonkeyPatch, digest: str, killed_in: int = 0) -> list[int]:
    """The epochs that a training of six goes through, killed when one of them begins."""
    epochs: list[int] = []
    train_epoch = loop.train_epoch

    def watched(*arguments: Any) -> dict[str, float]:
        epochs.append(arguments[4])
        if arguments[4] == killed_in:
            raise KeyboardInterrupt
        return train_epoch(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "CHECKPOINT_SECONDS", 0)
        patch.setattr(loop, "train_epoch", watched)
        if killed_in:
            with pytest.raises(KeyboardInterrupt):
                train(variant("cnn", epochs=6), "cpu", "auto", digest)
        else:
            train(variant("cnn", epochs=6), "cpu", "auto", digest)
    return epochs


def test_weights_of_other_code_are_not_gone_on_with(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = workshop / "code"
    for name in ("src", "stages"):
        shutil.copytree(PROJECT / name, code / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copyfile(PROJECT / "requirements.lock", code / "requirements.lock")
    monkeypatch.setattr(paths, "SETTINGS", workshop / "settings")

    def digest() -> str:
        modules = ("nnlabs.models.cnn", "nnlabs.training.optimizers.muon")
        found = Closures(code).of([Path("stages/train.py")], modules)
        path = paths.settings("train", "made")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(settings.as_text({"parameters": {}, **found}))
        return settings.read("train", "made").digest

    family = code / "src" / "nnlabs" / "models" / "cnn.py"
    before = digest()
    assert trained_epochs(monkeypatch, before, killed_in=4) == [1, 2, 3, 4]
    source = family.read_text()
    family.write_text(f"# a remark\n{source}")
    assert digest() == before
    family.write_text(source.replace('= "relu"', '= "tanh"'))
    changed = digest()
    assert changed != before
    assert trained_epochs(monkeypatch, changed) == [1, 2, 3, 4, 5, 6]
    assert trained_epochs(monkeypatch, before) == [4, 5, 6]
