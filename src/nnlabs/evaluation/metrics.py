"""What the test split says of one run.

The scores are counted from the confusion matrix, as scikit-learn counts them: importing that takes longer than to score
a run, in each of the processes that do.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

Floats = NDArray[np.float64]
Score = Literal["accuracy", "macro_f1"]
"""What a lab goes by."""


@dataclass(frozen=True)
class Scores:
    """One run on N test images of K classes."""

    loss: float
    """Mean cross-entropy, nats."""
    accuracy: float
    macro_f1: float
    """Mean of the classes' F1, of which a class that is neither there nor predicted has 0."""
    class_accuracy: Floats
    """K; of the images of each class, the part that is predicted right (recall)."""
    confusion: NDArray[np.int64]
    """K x K counts: a row a true class, a column a predicted one."""
    predicted: NDArray[np.int64]
    """N."""
    confidence: Floats
    """N; the probability given to the predicted class."""


def score(logits: Floats, labels: NDArray[np.int64]) -> Scores:  # N x K, N
    """Score one run's logits."""
    classes = logits.shape[1]
    log_probabilities = log_softmax(logits, axis=1)
    predicted = logits.argmax(1)
    confusion = np.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)
    hits, true = confusion.diagonal(), confusion.sum(1)
    both = true + confusion.sum(0)
    return Scores(
        # not clipped, as scikit-learn's log_loss is at 2e-16, where no mistake costs more than 36
        loss=float(-log_probabilities[np.arange(len(labels)), labels].mean()),
        accuracy=float(hits.sum() / len(labels)),
        macro_f1=float(np.divide(2 * hits, both, out=np.zeros(classes), where=both > 0).mean()),
        class_accuracy=np.divide(hits, true, out=np.zeros(classes), where=true > 0),
        confusion=confusion,
        predicted=predicted,
        confidence=np.exp(log_probabilities.max(1)),
    )


def shares(confusion: NDArray[np.int64], score: Score) -> Floats:
    """What one image of each true class (row) that is predicted as each class (column) adds to a run's score, K x K.

    The mean over all images is the score: of an accuracy 1 and 0, of macro-F1 its linear part (delta method), by which
    its variance over the choice of images is known.
    """
    classes = len(confusion)
    if score == "accuracy":
        return np.eye(classes)
    hits, both = confusion.diagonal(), np.maximum(confusion.sum(1) + confusion.sum(0), 1)
    f1 = 2 * hits / both
    # F1 = 2 h / b: an image adds 2 to 2 h where it is a hit of the class, and 1 to b for each of true and predicted
    added = np.diag(2 / both) - np.add.outer(f1 / both, f1 / both)
    return np.asarray(f1.mean() + confusion.sum() / classes * added)


BINS = 15


@dataclass(frozen=True)
class Calibration:
    """How sure a run was and how often it was right, by bins of confidence of equal width from 0 to 1 (C. Guo 2017)."""

    images: list[int]
    """How many have their confidence in each bin."""
    confidence: list[float | None]
    """Their mean confidence; None of a bin without images, here and below."""
    right: list[float | None]
    """The part of them that is predicted right."""

    @property
    def error(self) -> float:
        """Expected calibration error: how far confidence and the part that is right lie apart, mean over images."""
        apart = [
            n * abs(sure - right)
            for n, sure, right in zip(self.images, self.confidence, self.right, strict=True)
            if sure is not None and right is not None
        ]
        return sum(apart) / sum(self.images)


def calibration(labels: NDArray[np.int64], scores: Scores, bins: int = BINS) -> Calibration:
    """What a reliability diagram of one run shows; a bin has its lower end, the last one its upper as well."""
    places = np.minimum((scores.confidence * bins).astype(int), bins - 1)
    images = np.bincount(places, minlength=bins)

    def means(of: NDArray[Any]) -> list[float | None]:
        sums = np.bincount(places, of, bins)
        return [float(total / n) if n else None for total, n in zip(sums, images, strict=True)]

    return Calibration(images.tolist(), means(scores.confidence), means(scores.predicted == labels))


def gallery(labels: NDArray[np.int64], scores: Scores, wrong: int = 8, shown: int = 12) -> list[int]:
    """Indices of images worth showing: confident mistakes of different kinds, then images predicted right.

    The same predictions give the same choice.
    """
    mistakes = _varied(np.flatnonzero(scores.predicted != labels), labels, scores)[:wrong]
    hits = _varied(np.flatnonzero(scores.predicted == labels), labels, scores)
    return [*mistakes, *hits[: shown - len(mistakes)]]


def samples(labels: NDArray[np.int64], shown: int = 20) -> list[int]:
    """Indices of the first images of every class, class by class, as many of each: about `shown` in all.

    Of very many classes only the first have one.
    """
    classes = np.unique(labels)[:shown]
    return [int(i) for each in classes for i in np.flatnonzero(labels == each)[: shown // len(classes)]]


def _varied(indices: NDArray[np.intp], labels: NDArray[np.int64], scores: Scores) -> list[int]:
    """The most confident of each kind (true and predicted class) first, then the second of each, and so on."""
    seen: dict[tuple[int, int], int] = {}
    ranked = []
    for place, i in enumerate(indices[np.argsort(-scores.confidence[indices], kind="stable")]):
        kind = int(labels[i]), int(scores.predicted[i])
        seen[kind] = seen.get(kind, 0) + 1
        ranked.append((seen[kind], place, int(i)))
    return [i for *_, i in sorted(ranked)]
