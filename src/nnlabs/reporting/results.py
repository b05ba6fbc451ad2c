"""What the page of a trained lab is made of: its parameters, and the small tracked files of its variants."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlabs.core import npy, paths
from nnlabs.core.errors import UserError, said
from nnlabs.evaluation.statistics import interval

SCORES = {"accuracy": "accuracy", "macro_f1": "macro-F1"}
"""A lab's `score`, and how a page calls it."""

COLUMNS = ("seed", "epoch", *(f"{part}_{what}" for part in ("train", "validation") for what in ("loss", *SCORES)))
"""Of a history, what a page needs, beside whether the run was chosen."""

SPLITS, METRICS = ("train", "validation", "test"), ("accuracy", "loss")
"""What a source may have reported."""

PARTS = ("network", "training", "algorithm")
"""Of what was trained, those that hold its knobs."""

COMPUTED = "computed"
"""The folder and the record of a lab's own computation; every other name beside it is a variant's."""


@dataclass(frozen=True)
class Question:
    """Variants that differ in one thing, each compared with the first, paired by seed."""

    question: str
    variants: tuple[str, ...]
    """Ids; one that is no variant any more was removed."""
    compared: str
    tuned: str
    fixed: str


@dataclass(frozen=True)
class Reported:
    """A figure that a source printed, to stand beside ours."""

    what: str
    variant: str
    split: str
    metric: str
    value: float
    """Accuracies in percent."""
    epoch: int | None = None
    """Of our run, to compare with; the kept epoch where absent."""
    class_name: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, str], lab: str) -> "Reported":
        """A row of labs/<lab>/reported.csv.

        Raises
        ------
        UserError
            Where a cell is missing or is none of what is allowed.
        """
        where = f"labs/{lab}/reported.csv, {row.get('what', '')!r}"
        for column, allowed in (("split", SPLITS), ("metric", METRICS)):
            if row.get(column) not in allowed:
                raise UserError(f"{where}: {column} {row.get(column)!r} found; allowed: {', '.join(allowed)}")
        try:
            return cls(
                what=row["what"],
                variant=row["variant"],
                split=row["split"],
                metric=row["metric"],
                value=float(row["value"]),
                epoch=int(row["epoch"]) if "epoch" in row else None,
                class_name=row.get("class_name"),
            )
        except (KeyError, ValueError) as error:
            raise UserError(f"{where}: {error}; needed: what, variant, split, metric, value as a number") from None


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What `evaluate` found of a variant: lists have an entry a seed, scores are parts of 1."""

    data: dict[str, Any]
    """Of the arrays that it was tested on: dataset, edition, classes, sizes; of features, what they were made with."""
    variant: dict[str, Any]
    """What was trained, every value settled: `dataset`, `model`, `training`, `network`, `algorithm`."""
    test_images: int
    parameters: int
    """How many are trained."""
    precision: str
    processes: int
    batch_statistics: str
    seeds: list[int]
    lr: list[float]
    tried: list[dict[str, Any]]
    """Of every learning rate of a search: `lr`, and what it reached on validation of what the lab goes by,
    `validation_accuracy` or `validation_macro_f1`; null where it diverged."""
    best_epoch: list[int]
    accuracy: list[float]
    loss: list[float]
    macro_f1: list[float]
    validation_accuracy: list[float] | None
    class_accuracy: list[list[float]]
    confusion: list[list[list[int]]]
    """A seed: a row a true class, a column a predicted one."""
    sampling_error: float
    """Half width of the 95 % interval of the mean accuracy over the choice of test images."""
    gallery: list[dict[str, Any]]
    """Of every image of the gallery: `true`, `predicted`, `confidence`."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """One variant: what it is, and its numbers.

    Its score, a part of 1, is what its lab goes by: accuracy or macro-F1.
    """

    id: str
    name: str
    """What readers see."""
    default: bool
    """Whether the default run has it."""
    usual: dict[str, Any]
    """What each of its keys would be if params.yaml stated nothing of it."""
    scores: Scores
    history: pd.DataFrame
    """The kept runs: a row a seed and epoch."""
    score: str

    @property
    def dataset(self) -> str:
        return str(self.scores.variant["dataset"])

    @property
    def model(self) -> str:
        return str(self.scores.variant["model"])

    @property
    def training(self) -> dict[str, Any]:
        """How it was trained, every value settled."""
        training: dict[str, Any] = self.scores.variant["training"]
        return training

    @cached_property
    def tried(self) -> dict[float, float | None]:
        """Of every learning rate of a search its validation score, a part of 1; None where it diverged."""
        return {each["lr"]: each[f"validation_{self.score}"] for each in self.scores.tried}

    @property
    def differs(self) -> dict[str, Any]:
        """What sets it apart from its lab's defaults and from the code's, beside the network's family."""
        settled = {key: each for part in PARTS for key, each in self.scores.variant[part].items()}
        return {key: each for key, each in settled.items() if key not in self.usual or each != self.usual[key]}

    @property
    def by_seed(self) -> dict[int, float]:
        """Test score of every seed."""
        return dict(zip(self.scores.seeds, getattr(self.scores, self.score), strict=True))

    @property
    def test(self) -> float:
        """Test score, mean over seeds."""
        return float(np.mean(getattr(self.scores, self.score)))

    @property
    def interval(self) -> float:
        """Half width of the 95 % interval of the test score over seeds; nan of one seed."""
        return interval(getattr(self.scores, self.score))

    @cached_property
    def class_accuracy(self) -> list[float]:
        """Test accuracy of every class, mean over seeds."""
        means: list[float] = np.mean(self.scores.class_accuracy, axis=0).tolist()
        return means

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """Counts, all seeds together: a row a true class, a column a predicted one."""
        counts: NDArray[np.int64] = np.sum(np.array(self.scores.confusion, np.int64), axis=0)
        return counts

    @property
    def epochs(self) -> int:
        """How many were asked for."""
        return int(self.training["epochs"])

    @property
    def validated(self) -> bool:
        """Whether there are validation figures: a variant that learns from all images keeps none back."""
        return bool(self.training["fit"] == "train")

    @property
    def pretrained(self) -> bool:
        """Whether it starts from what another network has learned."""
        return "features" in self.scores.data

    @cached_property
    def validation(self) -> float:
        """Validation score of the kept epochs, mean over seeds; nan where there is none."""
        return float(self.at_kept()[f"validation_{self.score}"].mean())

    @cached_property
    def running(self) -> float:
        """Running training score of the kept epochs, mean over seeds."""
        return float(self.at_kept()[f"train_{self.score}"].mean())

    @cached_property
    def last_epochs(self) -> dict[int, int]:
        """The epoch that each seed's run ended with."""
        return {int(seed): int(last) for seed, last in self.history.groupby("seed")["epoch"].max().items()}

    @cached_property
    def kept_epochs(self) -> dict[int, int]:
        """The epoch whose weights were kept, of each seed: the best on validation, or else the last."""
        if not self.validated:
            return self.last_epochs
        return dict(zip(self.scores.seeds, self.scores.best_epoch, strict=True))

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
            value = self.class_accuracy[label] if label is not None else np.mean(getattr(self.scores, metric))
        else:
            rows = self.at_kept() if epoch is None else self.history[self.history["epoch"] == epoch]
            value = rows[f"{split}_{metric}"].mean()
        return float(value) * (100 if metric == "accuracy" else 1)


@dataclass(frozen=True, kw_only=True)
class Results:
    """One lab's questions and numbers."""

    lab: str
    """Its key."""
    title: str
    question: str
    score_key: str
    defaults: dict[str, Any]
    questions: dict[str, Question]
    """The lab's comparisons, as lab.yaml asks them."""
    reported: tuple[Reported, ...]
    names: dict[str, str]
    """What readers see of every id that the lab's folder knows."""
    shown: dict[str, Result]
    """Every variant that has results, by id; those left out of the default run last."""
    switched: tuple[str, ...]
    """Ids of all that the default run leaves out, whether they have results or not."""
    data: dict[str, Any]
    """Of the lab's dataset: edition, origin, classes, shape, sizes, hashes."""

    @cached_property
    def variants(self) -> dict[str, Result]:
        """Those of the default run, which alone are chosen from and compared."""
        return {key: each for key, each in self.shown.items() if each.default}

    @property
    def left_out(self) -> bool:
        """Whether a variant is shown that the default run leaves out."""
        return len(self.variants) < len(self.shown)

    @property
    def score(self) -> str:
        """What the lab goes by, in words."""
        return SCORES[self.score_key]

    @cached_property
    def best(self) -> Result | None:
        """The variant with the highest score on validation; test is not asked. None where none has one."""
        candidates = [result for result in self.variants.values() if not isnan(result.validation)]
        return max(candidates, key=lambda result: result.validation, default=None)

    @property
    def pictured(self) -> Result:
        """The variant whose confusions and images the page shows: the best, or else the first."""
        return self.best or next(iter(self.variants.values()))

    @property
    def features(self) -> dict[str, dict[str, Any]]:
        """What transfer variants stand on, the frozen stages of a pretrained network, by name."""
        data = {each.dataset: each.scores.data for each in self.shown.values() if each.pretrained}
        return dict(sorted(data.items()))

    def named(self, key: str) -> str:
        """What readers see of a variant, a removed one too."""
        return self.shown[key].name if key in self.shown else self.names.get(key, key)


def collect(parameters: Mapping[str, Any]) -> Results:
    """Read one lab's results; `parameters` are those of its page, or what the report is told of it.

    Raises
    ------
    UserError
        Where a file is missing or is none of ours, naming the stage that makes it.
    """
    lab = parameters["lab"]
    data = read_json(paths.computed(lab) / "results.json", f"compute@{lab}")["data"]
    told = [each for each in parameters["variants"] if each["default"]]
    shown = {each["id"]: _result(lab, each, parameters["score"]) for each in told}
    left_out = [each for each in parameters["variants"] if not each["default"]]
    for each in left_out:
        if all(path.exists() for path in _files(lab, each["id"])):
            result = _result(lab, each, parameters["score"])
            if _of_these_images(result, data):
                shown[result.id] = result
    return Results(
        lab=lab,
        title=parameters["title"],
        question=parameters["question"],
        score_key=parameters["score"],
        defaults=parameters.get("defaults") or {},
        questions={each["key"]: _question(each) for each in parameters["comparisons"]},
        reported=tuple(Reported.of(each, lab) for each in parameters.get("reported", ())),
        names=parameters.get("names", {}),
        shown=shown,
        switched=tuple(each["id"] for each in left_out),
        data=data,
    )


def _question(told: Mapping[str, Any]) -> Question:
    asked = {key: each for key, each in told.items() if key != "key"}
    return Question(**asked | {"variants": tuple(told["variants"])})


def _of_these_images(result: Result, data: dict[str, Any]) -> bool:
    """Whether one that the default run leaves out was tested on this test set, or in the other edition."""
    scores = result.scores
    return (scores.test_images, len(scores.class_accuracy[0])) == (data["sizes"]["test"], len(data["classes"]))


def _files(lab: str, variant: str) -> tuple[Path, ...]:
    """What a variant's run leaves for its page."""
    return paths.history(lab, variant), paths.scores(lab, variant), paths.gallery(lab, variant)


def _result(lab: str, told: Mapping[str, Any], score: str) -> Result:
    key = told["id"]
    path = paths.scores(lab, key)
    content = read_json(path, f"evaluate@{key}")
    try:
        scores = Scores(**content)
    except TypeError as error:
        raise _unreadable(path, error, f"evaluate@{key}") from None
    path = paths.history(lab, key)
    try:
        history = pd.read_csv(path, usecols=[*COLUMNS, "chosen"])
    except (OSError, ValueError) as error:
        raise _unreadable(path, error, f"train@{key}") from None
    return Result(
        id=key,
        name=told["name"],
        default=told["default"],
        usual=told.get("usual", {}),
        scores=scores,
        history=history[history["chosen"] == 1],
        score=score,
    )


def gallery(lab: str, variant: str) -> NDArray[np.uint8]:
    """The images to show, n x C x H x W."""
    path = paths.gallery(lab, variant)
    try:
        return np.array(npy.mapped(path, "r"))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error, f"evaluate@{variant}") from None


def run_record(lab: str, variant: str) -> dict[str, Any]:
    record: dict[str, Any] = read_json(paths.run_record(lab, variant), f"train@{variant}")
    return record


def read_json(path: Path, stage: str) -> Any:
    """A tracked JSON file; `stage` is who makes it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error, stage) from None


def _unreadable(path: Path, error: Exception, stage: str) -> UserError:
    return UserError(f"{path} cannot be read ({said(error)}); `dvc repro {stage}` makes it")


def remove_stale(lab: str, known: set[str]) -> None:
    """Delete what removed variants left behind, for DVC forgets a stage but not its files.

    `known` are the ids of all variants that there are, the default run's or not. Whatever has not the form of our
    files stays.
    """
    for folder in sorted(paths.results(lab).glob("*/")):
        if folder.name not in known | {COMPUTED}:
            for path in _files(lab, folder.name):
                path.unlink(missing_ok=True)
            if not any(folder.iterdir()):
                folder.rmdir()
    for path in sorted(paths.run_record(lab, COMPUTED).parent.glob("*.json")):
        if path.stem not in known | {COMPUTED} and _is_record(path):
            path.unlink()


def _is_record(path: Path) -> bool:
    """Whether a file is what a training leaves of its runs."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and {"runs", "versions"} <= content.keys()
