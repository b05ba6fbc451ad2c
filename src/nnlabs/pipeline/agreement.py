"""How far apart two honest runs of one thing may be where the processors differ, by what the thing means.

Other arithmetic changes last bits, and a training makes other weights of them, as another seed would. So what follows
from a training is compared by its means over seeds, or by what it decides, and never by its bytes.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy.special import stdtrit

from nnlabs.evaluation.outcomes import Outcomes

LEVEL = 0.999
"""So many of the pairs of samples that come from one distribution are no further apart than is allowed."""
ERRORS = 3.0
"""Standard errors that two single seeds may lie apart, where no spread says how far seeds do."""
LOSS = 1e-3
"""Seeds are taken to differ by this part of a loss, or of 1 in an accuracy, at least: arithmetic alone does that."""
SLACK = 0.01
"""Predictions may agree less by this share of the images than those of the two seeds that differ most."""
FEATURES = 0.05
"""Of their norm: bf16 keeps 8 bits, an error of 0.4 % a stage, which up to 19 stages add up."""
COMPUTED = 0.5
"""Of their norm. Trainings without validation enlarge a last bit as far as they are chaotic: with AVX2 in place of
AVX-512, the losses of twenty layers with poor initial weights to 0.29, everything outside `gradients` to 0.003."""
METRICS = 0.15
"""Of a number that a lab is chosen by: a count of seven may be one less."""
POINT = 0.01
"""Computed numbers may also lie so far apart (root mean square): scores are parts of 1, and what is left of an error
after a long training is known to no better than its order."""
LAST = ("train_loss", "validation_accuracy")
"""Columns of a history whose values at the end are compared."""


@dataclass(frozen=True)
class Quantity:
    """Something that both runs have, and how far apart it is."""

    name: str
    apart: float
    allowed: float

    @property
    def holds(self) -> bool:
        return self.apart <= self.allowed

    def __str__(self) -> str:
        return f"{self.name} {self.apart:.3g} apart, {self.allowed:.3g} allowed"


def scores(ours: Path, theirs: Path) -> Iterator[Quantity]:
    """Mean accuracy and macro-F1 of two `scores.json`.

    Of a single seed there is no spread: then the test set's sampling error stands for it, though both look at the
    same images.
    """
    first, second = (json.loads(path.read_text(encoding="utf-8")) for path in (ours, theirs))
    for name in ("accuracy", "macro_f1"):
        one, other = first[name], second[name]
        if min(len(one), len(other)) > 1:
            yield _means(f"test {name}", one, other, at_least=1 / first["test_images"])
        else:
            error = sqrt(sum((each["sampling_error"] / 1.96) ** 2 for each in (first, second)))
            yield Quantity(f"test {name}", abs(float(np.mean(one)) - float(np.mean(other))), ERRORS * error)


def history(ours: Path, theirs: Path) -> Iterator[Quantity]:
    """Training loss and validation accuracy of the kept runs' last epochs; nothing of a single seed."""
    first, second = (_last(path) for path in (ours, theirs))
    for name in LAST:
        one, other = (list(each[name].dropna()) for each in (first, second))
        if min(len(one), len(other)) > 1:
            scale = float(np.mean(one)) if name.endswith("loss") else 1.0
            yield _means(f"last {name}", one, other, at_least=LOSS * scale)


def _last(path: Path) -> pd.DataFrame:
    rows = pd.read_csv(path)
    return rows[rows["chosen"] == 1].groupby("seed").last()


def _means(name: str, first: Sequence[float], second: Sequence[float], at_least: float) -> Quantity:
    """Two samples' means, by Student's t; `at_least` is the deviation below which none is believed."""
    error = sqrt(sum(max(float(np.var(each, ddof=1)), at_least**2) / len(each) for each in (first, second)))
    allowed = float(stdtrit(len(first) + len(second) - 2, (1 + LEVEL) / 2)) * error
    return Quantity(name, abs(float(np.mean(first)) - float(np.mean(second))), allowed)


def predictions(ours: Path, theirs: Path) -> Iterator[Quantity]:
    """The share of test images that each seed predicts otherwise, of two `outcomes.npy`; nothing of a single seed."""
    one, other = (Outcomes.read(path) for path in (ours, theirs))
    first, second = one.predicted, other.predicted
    if first.shape != second.shape or (one.labels != other.labels).any():
        yield Quantity("test images or seeds", 1, 0)
    elif len(first) > 1:
        between_seeds = max(float((first[i] != first[j]).mean()) for i, j in combinations(range(len(first)), 2))
        yield Quantity("predictions", float((first != second).mean()), between_seeds + SLACK)


def features(ours: Path, theirs: Path) -> Iterator[Quantity]:
    """One array of activations."""
    first, second = (np.load(path, mmap_mode="r") for path in (ours, theirs))
    yield _distance(theirs.name, first, second, FEATURES)


def computed(ours: Path, theirs: Path) -> Iterator[Quantity]:
    """All numbers of a lab's computation: each array, and each kind of number of `results.json` over all its places."""
    first, second = (load_file(folder / "arrays.safetensors") for folder in (ours, theirs))
    yield _same("names of arrays", first, second)
    for name in sorted(first.keys() & second.keys()):
        yield _distance(name, first[name], second[name], COMPUTED, POINT)
    one, other = (_numbers(json.loads((folder / "results.json").read_bytes())) for folder in (ours, theirs))
    yield _same("names of results", one, other)
    for name in [each for each in one if each in other]:
        yield _distance(name, np.array(one[name]), np.array(other[name]), COMPUTED, POINT)


def metrics(ours: Path, theirs: Path) -> Iterator[Quantity]:
    """The numbers that a page tells DVC of what its lab computes; scores of variants are compared by themselves."""
    for path in sorted(ours.glob("*.json")):
        one, other = (json.loads((side / path.name).read_bytes()).get("value") for side in (ours, theirs))
        if one is not None and other is not None:
            yield _distance(f"metric {path.stem}", np.array([one]), np.array([other]), METRICS, POINT)


def _same(name: str, first: dict[str, Any], second: dict[str, Any]) -> Quantity:
    return Quantity(name, len(first.keys() ^ second.keys()), 0)


def _distance(name: str, first: NDArray[Any], second: NDArray[Any], allowed: float, point: float = 0.0) -> Quantity:
    """The norm of the difference as a part of the larger norm; values that are not finite have to be in one place.

    `point` is a difference (root mean square) that is always allowed.
    """
    if first.shape != second.shape:
        return Quantity(f"shape of {name}", 1, 0)
    one, other = (np.asarray(each, np.float64).ravel() for each in (first, second))
    finite = np.isfinite(one)
    if (finite != np.isfinite(other)).any():
        return Quantity(f"finite values of {name}", 1, 0)
    one, other = one[finite], other[finite]
    scale = max(*(float(np.linalg.norm(each)) for each in (one, other)), point / allowed * sqrt(one.size))
    return Quantity(name, float(np.linalg.norm(one - other)) / scale if scale else 0.0, allowed)


def _numbers(content: Any, name: str = "") -> dict[str, list[float]]:
    """Every number by its keys; places in lists do not count, so all of a list come together."""
    if isinstance(content, bool | str) or content is None:
        return {}
    if isinstance(content, int | float):
        return {name: [float(content)]}
    inside = content.items() if isinstance(content, dict) else (("", each) for each in content)
    found: dict[str, list[float]] = {}
    for key, each in inside:
        for dotted, values in _numbers(each, f"{name}.{key}".strip(".")).items():
            found.setdefault(dotted, []).extend(values)
    return found
