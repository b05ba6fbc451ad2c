"""One trained variant: what it is, and its numbers."""

from dataclasses import dataclass, field
from functools import cached_property
from math import hypot
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnlabs.evaluation.metrics import Calibration, Score
from nnlabs.evaluation.outcomes import Outcomes
from nnlabs.evaluation.statistics import Sample, interval, sampling_error

SCORES = {"accuracy": "accuracy", "macro_f1": "macro-F1"}
"""A lab's `score`, and how a page calls it."""

COLUMNS = ("seed", "epoch", *(f"{part}_{what}" for part in ("train", "validation") for what in ("loss", *SCORES)))
"""Of a history, what a page needs, beside whether the run was chosen."""

PARTS = ("network", "training", "algorithm")
"""Of what was trained, those that hold its knobs."""


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
    """Of every image of the gallery: `true`, `predicted`, `confidence` and, as far as it was kept, `image`, its number
    among the test images."""
    shifts: dict[str, Any] | None = None
    """Accuracy on moved images, where the lab asks for it: `pixels`, `images`, and `accuracy`, a row a seed."""
    filters: list[Any] | None = None
    """The first seed's filters of the first convolution, n x C x k x k, where the lab asks for them."""
    calibration: list[dict[str, Any]] | None = None
    """A seed; None of one that the default run leaves out and that was scored before this was kept."""
    samples: list[str] = field(default_factory=list)
    """Classes of the images that follow those of the gallery; none where they were not kept, as with `layers`."""
    layers: list[dict[str, Any]] = field(default_factory=list)
    """As `nnlabs.evaluation.layers` tells them."""


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
    score: Score
    outcomes: Outcomes | None
    """None of one that the default run leaves out and whose single predictions were not kept."""

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

    @cached_property
    def sample(self) -> Sample:
        """Test scores by seed, and what each test image adds to them."""
        return self._sample(self.score)

    def _sample(self, score: Score) -> Sample:
        seen = None if self.outcomes is None else self.outcomes.of(self.scores.confusion, score)
        return Sample.of(getattr(self.scores, score), seen)

    @property
    def interval(self) -> float:
        """Half width of the 95 % interval of the test score over seeds and test images; nan of one seed."""
        return self.interval_of(self.score)

    def interval_of(self, score: Score) -> float:
        """Likewise of a score that the lab need not go by."""
        sample = self.sample if score == self.score else self._sample(score)
        return hypot(sample.interval, 0.0 if self.outcomes else self.scores.sampling_error)

    @cached_property
    def class_accuracy(self) -> list[float]:
        """Test accuracy of every class, mean over seeds."""
        means: list[float] = np.mean(self.scores.class_accuracy, axis=0).tolist()
        return means

    @cached_property
    def class_interval(self) -> list[float]:
        """Half widths of their 95 % intervals over seeds and the class's images; nan of one seed."""
        sizes = np.sum(self.scores.confusion[0], axis=1)
        by_class = np.transpose(self.scores.class_accuracy).tolist()
        return [
            hypot(interval(values), sampling_error(mean, max(int(n), 1)))
            for values, mean, n in zip(by_class, self.class_accuracy, sizes, strict=True)
        ]

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """Counts, all seeds together: a row a true class, a column a predicted one."""
        counts: NDArray[np.int64] = np.sum(np.array(self.scores.confusion, np.int64), axis=0)
        return counts

    @cached_property
    def calibration(self) -> list[Calibration]:
        """Of every seed; empty where it was not kept."""
        return [Calibration(**each) for each in self.scores.calibration or ()]

    @property
    def epochs(self) -> int:
        """How many were asked for."""
        return int(self.training["epochs"])

    def drawn(self, epoch: int) -> int:
        """How many images a batch of this epoch began with, before a proxy picked those that were learned."""
        proxy, batch_size = self.training.get("proxy"), int(self.training["batch_size"])
        return round(batch_size / proxy["keep"]) if proxy and epoch >= proxy["first_epoch"] else batch_size

    @property
    def picked(self) -> bool:
        """Whether training scores, the last ones at least, are those of hard images alone, picked by a proxy."""
        last = max(self.last_epochs.values())
        return self.drawn(last) > int(self.training["batch_size"])

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
