"""What the test split says of one run, by scikit-learn's metrics."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """One run on N test images of K classes."""

    loss: float
    """Mean cross-entropy, nats."""
    accuracy: float
    macro_f1: float
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
    classes = np.arange(logits.shape[1])
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    probabilities = shifted / shifted.sum(1, keepdims=True)
    predicted = logits.argmax(1)
    return Scores(
        loss=float(metrics.log_loss(labels, probabilities, labels=classes)),
        accuracy=float(metrics.accuracy_score(labels, predicted)),
        macro_f1=float(metrics.f1_score(labels, predicted, labels=classes, average="macro", zero_division=0.0)),
        class_accuracy=metrics.recall_score(labels, predicted, labels=classes, average=None, zero_division=0.0),
        confusion=metrics.confusion_matrix(labels, predicted, labels=classes),
        predicted=predicted,
        confidence=probabilities.max(1),
    )


def gallery(labels: NDArray[np.int64], scores: Scores, wrong: int = 8, right: int = 4) -> list[int]:
    """Indices of images worth showing: the most confident mistakes, no class twice in a row of
    mistakes unless it must be, then the first image of some classes that is predicted right.

    The same predictions give the same choice.
    """
    order = np.argsort(-scores.confidence, kind="stable")
    mistakes = [int(i) for i in order if scores.predicted[i] != labels[i]]
    pairs: dict[tuple[int, int], int] = {}
    for i in mistakes:  # the most confident mistake of each kind
        pairs.setdefault((int(labels[i]), int(scores.predicted[i])), i)
    chosen = sorted(pairs.values(), key=mistakes.index)[:wrong]
    hits = np.flatnonzero(scores.predicted == labels)
    firsts = {int(labels[i]): int(i) for i in hits[::-1]}
    return [*chosen, *(firsts[label] for label in sorted(firsts)[:right])]
