"""What a page is made of, read from the small tracked files; the list of arms comes from params.yaml."""

import json
import shutil
from dataclasses import dataclass, field
from functools import cached_property
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.evaluation.statistics import interval
from nnlabs.config import Arm, Lab, Params

SCORES = {"accuracy": "accuracy", "macro_f1": "macro-F1"}
"""A lab's `score`, and how a page calls it."""

COLUMNS = ("seed", "epoch", *(f"{part}_{what}" for part in ("train", "validation") for what in ("loss", *SCORES)))
"""Of a history, what a page needs, beside whether the run was chosen."""


@dataclass(frozen=True)
class Result:
    """One arm's numbers. Its score, a part of 1, is what its lab goes by: accuracy or macro-F1."""

    name: str
    arm: Arm
    metrics: dict[str, Any]
    history: pd.DataFrame
    """The kept runs: a row a seed and epoch."""
    score: str = "accuracy"

    @property
    def test(self) -> float:
        """Test score, mean over seeds."""
        return float(self.metrics[self.score])

    @property
    def interval(self) -> float:
        """Half width of the 95 % interval of the test score over seeds; nan of one seed."""
        return interval(self.metrics[f"{self.score}_per_seed"])

    @property
    def validated(self) -> bool:
        """Whether there are validation figures: an arm that learns from all images keeps none back."""
        return self.arm.fit == "train"

    @cached_property
    def validation(self) -> float:
        """Validation score of the kept epochs, mean over seeds; nan where there is none."""
        return float(self.at_kept()[f"validation_{self.score}"].mean())

    @cached_property
    def training(self) -> float:
        """Running training score of the kept epochs, mean over seeds."""
        return float(self.at_kept()[f"train_{self.score}"].mean())

    def by_seed(self) -> dict[int, float]:
        """Test score of every seed."""
        return dict(zip(self.metrics["seeds"], self.metrics[f"{self.score}_per_seed"], strict=True))

    @cached_property
    def last_epochs(self) -> dict[int, int]:
        """The epoch that each seed's run ended with."""
        return {int(seed): int(last) for seed, last in self.history.groupby("seed")["epoch"].max().items()}

    @cached_property
    def kept_epochs(self) -> dict[int, int]:
        """The epoch whose weights were kept, of each seed: the best on validation, or else the last."""
        if not self.validated:
            return self.last_epochs
        return dict(zip(self.metrics["seeds"], self.metrics["best_epoch_per_seed"], strict=True))

    def at_kept(self) -> pd.DataFrame:
        return self.history[self.history["epoch"] == self.history["seed"].map(self.kept_epochs)]

    def at_last(self) -> pd.DataFrame:
        return self.history[self.history["epoch"] == self.history["seed"].map(self.last_epochs)]

    def by_epoch(self, column: str) -> pd.DataFrame:
        """One column of the history: a row an epoch, a column a seed; nan where a seed's run had ended."""
        return self.history.pivot(index="epoch", columns="seed", values=column)

    def measured(self, split: str, metric: str, epoch: int | None, label: int | None) -> float:
        """One number as a source would print it: mean over seeds, accuracies in percent."""
        if split == "test":
            value = self.metrics["class_accuracy"][label] if label is not None else self.metrics[metric]
        else:
            rows = self.at_kept() if epoch is None else self.history[self.history["epoch"] == epoch]
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
    extras: dict[str, Result] = field(default_factory=dict)
    """Arms that the default run leaves out, whose results are there all the same."""
    features: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Provenance of what transfer arms stand on: the frozen stages of a pretrained network."""

    @property
    def shown(self) -> dict[str, Result]:
        """Every arm that has results, those left out of the default run last."""
        return self.arms | self.extras

    @cached_property
    def best(self) -> Result | None:
        """The arm with the highest score on validation; test is not asked. None where no arm has one."""
        candidates = [result for result in self.arms.values() if not isnan(result.validation)]
        return max(candidates, key=lambda result: result.validation, default=None)

    @property
    def pictured(self) -> Result:
        """The arm whose confusions and images the page shows: the best, or else the first."""
        return self.best or next(iter(self.arms.values()))

    @property
    def score(self) -> str:
        """What the lab goes by, in words."""
        return SCORES[self.lab.score]


def collect(key: str, settings: Params) -> Results:
    """Read one lab's results.

    Raises
    ------
    UserError
        Where a file is missing or is none of ours, naming the stage that makes it.
    """
    lab = settings.labs[key]
    data = read_json(paths.provenance(lab.dataset), f"data@{lab.dataset}")
    arms = {name: _result(key, name, arm, lab.score) for name, arm in settings.of_lab(key).items()}
    measured = {
        name: _result(key, name, arm, lab.score)
        for name, arm in settings.left_out(key).items()
        if all(path.exists() for path in _files(key, name))
    }
    extras = {name: result for name, result in measured.items() if _of_these_images(result, data)}
    used = {result.arm.dataset for result in (arms | extras).values()} - {lab.dataset}
    features = {name: read_json(paths.provenance(name), f"features@{name}") for name in sorted(used)}
    return Results(key, lab, arms, data, extras, features)


def _of_these_images(result: Result, data: dict[str, Any]) -> bool:
    """Whether an extra was tested on this test set: its results may have stayed behind from the other edition."""
    metrics = result.metrics
    return (metrics["test_images"], len(metrics["confusion"])) == (data["sizes"]["test"], len(data["classes"]))


def _files(lab: str, name: str) -> tuple[Path, ...]:
    """What an arm's run leaves for the pages."""
    return (
        paths.metrics(lab, name),
        paths.history(lab, name),
        paths.gallery(lab, name),
        paths.run_record(lab, name),
    )


def _result(lab: str, name: str, arm: Arm, score: str) -> Result:
    metrics = read_json(paths.metrics(lab, name), f"evaluate@{name}")
    path = paths.history(lab, name)
    try:
        history = pd.read_csv(path, usecols=[*COLUMNS, "chosen"])
    except (OSError, ValueError) as error:
        raise _unreadable(path, error, f"train@{name}") from None
    return Result(name, arm, metrics, history[history["chosen"] == 1], score)


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
    stage = study_stage(name, settings)
    results = read_json(folder / "results.json", stage)
    try:
        return results, load_file(folder / "arrays.safetensors")
    except (OSError, SafetensorError) as error:
        raise _unreadable(folder, error, stage) from None


def study_stage(name: str, settings: Params) -> str:
    return f"{'study' if name in type(settings.studies).model_fields else 'exercise'}@{name}"


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
    """Delete what removed variants left behind: DVC forgets a stage but not its files. Extras keep theirs."""
    known = settings.of_lab(lab).keys() | settings.left_out(lab)
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
