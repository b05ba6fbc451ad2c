"""What a page is made of, read from the small tracked files; the list of arms comes from params.yaml."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from nnlabs import paths
from nnlabs.errors import UserError
from nnlabs.params import Arm, Lab, Params

COLUMNS = ("seed", "epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "chosen")
"""Of a history, what a page needs."""


@dataclass(frozen=True)
class Result:
    """One arm's numbers."""

    name: str
    arm: Arm
    metrics: dict[str, Any]
    history: pd.DataFrame
    """The kept runs: a row a seed and epoch."""

    @property
    def accuracy(self) -> float:
        return float(self.metrics["accuracy"])

    @property
    def validation(self) -> float:
        return float(self.metrics["validation_accuracy"])

    @property
    def training(self) -> float:
        """Running training accuracy of the kept epochs, mean over seeds."""
        return float(self._at_best()["train_accuracy"].mean())

    def by_seed(self) -> dict[int, float]:
        """Test accuracy of every seed."""
        return dict(zip(self.metrics["seeds"], self.metrics["accuracy_per_seed"], strict=True))

    def _at_best(self) -> pd.DataFrame:
        best = dict(zip(self.metrics["seeds"], self.metrics["best_epoch_per_seed"], strict=True))
        return self.history[self.history["epoch"] == self.history["seed"].map(best)]

    def measured(self, split: str, metric: str, epoch: int | None, label: int | None) -> float:
        """One number as a source would print it: mean over seeds, accuracies in percent."""
        if split == "test":
            value = self.metrics["class_accuracy"][label] if label is not None else self.metrics[metric]
        else:
            rows = self._at_best() if epoch is None else self.history[self.history["epoch"] == epoch]
            value = rows[f"{split}_{metric}"].mean()
        return float(value) * (100 if metric == "accuracy" else 1)


@dataclass(frozen=True)
class Results:
    """One lab's numbers."""

    key: str
    lab: Lab
    arms: dict[str, Result]
    data: dict[str, Any]
    """Provenance of the lab's dataset."""

    @property
    def best(self) -> Result:
        """The arm with the highest validation accuracy; test is not asked."""
        return max(self.arms.values(), key=lambda result: result.validation)


def collect(key: str, settings: Params) -> Results:
    """Read one lab's results.

    Raises
    ------
    UserError
        Where a file is missing or is none of ours, naming the stage that makes it.
    """
    lab = settings.labs[key]
    data = read_json(paths.provenance(lab.dataset), f"data@{lab.dataset}")
    return Results(key, lab, {name: _result(key, name, arm) for name, arm in settings.of_lab(key).items()}, data)


def _result(lab: str, name: str, arm: Arm) -> Result:
    metrics = read_json(paths.metrics(lab, name), f"evaluate@{name}")
    path = paths.history(lab, name)
    try:
        history = pd.read_csv(path, usecols=COLUMNS)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error, f"train@{name}") from None
    return Result(name, arm, metrics, history[history["chosen"] == 1])


def gallery(lab: str, name: str) -> tuple[NDArray[np.uint8], list[dict[str, Any]]]:
    """The images to show, n x C x H x W, and what was predicted for each."""
    folder = paths.gallery(lab, name)
    shown = read_json(folder / "predictions.json", f"evaluate@{name}")
    try:
        return np.load(folder / "images.npy"), shown
    except (OSError, ValueError, EOFError) as error:
        raise _unreadable(folder, error, f"evaluate@{name}") from None


def run_record(lab: str, name: str) -> dict[str, Any]:
    record: dict[str, Any] = read_json(paths.run_record(lab, name), f"train@{name}")
    return record


def study_results(name: str, settings: Params) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """What an exercise or a study computed: its results and arrays."""
    folder = paths.study(name)
    stage = f"{'study' if name in type(settings.studies).model_fields else 'exercise'}@{name}"
    results = read_json(folder / "results.json", stage)
    try:
        return results, load_file(folder / "arrays.safetensors")
    except (OSError, SafetensorError) as error:
        raise _unreadable(folder, error, stage) from None


def read_json(path: Path, stage: str) -> Any:
    """A tracked JSON file; `stage` is who makes it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error, stage) from None


def _unreadable(path: Path, error: Exception, stage: str) -> UserError:
    said = " ".join(str(error).split())  # pandas ends its messages with a line break
    return UserError(f"{path} cannot be read ({said}); `dvc repro {stage}` makes it")


def remove_stale(lab: str, settings: Params) -> None:
    """Delete what removed variants left behind: DVC forgets a stage but not its files."""
    known = settings.of_lab(lab).keys()
    for kind in ("history", "metrics", "gallery", "run"):
        for path in sorted((paths.REPORTS / kind / lab).glob("*")):
            if path.name.removesuffix(path.suffix) in known:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def differences(arm: Arm, lab: Lab) -> dict[str, Any]:
    """What sets an arm apart from its lab's defaults and from the code's: the fields that the table shows."""
    defaults: dict[str, Any] = {
        name: field.default for name, field in type(arm).model_fields.items() if not field.is_required()
    }
    defaults |= lab.defaults
    shown = arm.model_dump(exclude={"lab", "dataset"})
    return {key: value for key, value in shown.items() if key not in defaults or value != _plain(defaults[key])}


def _plain(value: Any) -> Any:
    """A default as an arm holds it: YAML reads the `1e-05` that `-S` writes as a string."""
    if isinstance(value, list):
        return tuple(_plain(each) for each in value)
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value
