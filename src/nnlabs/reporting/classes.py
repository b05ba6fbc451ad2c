"""Single classes: a row and a cell each while they are few; of many the worst, the best and the mistakes."""

import numpy as np

from nnlabs.reporting.names import in_markdown
from nnlabs.reporting.result import Result
from nnlabs.reporting.results import Results
from nnlabs.reporting.sentences import percent
from nnlabs.reporting.tables import Rows, markdown

MANY = 20
"""With more classes than this a table of all and a confusion matrix cannot be read."""
SHOWN = 10


def many(results: Results) -> bool:
    return len(results.data["classes"]) > MANY


def table(results: Results) -> str:
    """Accuracy of the classes for every variant, percent, the best of a row in bold.

    Of many classes those that the pictured variant does worst and best at.
    """
    return markdown(_rows(results, range(len(results.data["classes"]))))


def worst(results: Results) -> str:
    return markdown(_rows(results, _ranked(results)[:SHOWN]))


def best(results: Results) -> str:
    return markdown(_rows(results, _ranked(results)[::-1][:SHOWN]))


def hardest(results: Results) -> list[int]:
    """Labels of the classes that a matrix can show: all of few, else the worst, in their order."""
    labels = range(len(results.data["classes"]))
    return sorted(_ranked(results)[:MANY]) if many(results) else list(labels)


def _ranked(results: Results) -> list[int]:
    """Classes from the worst to the best of the pictured variant; equal ones stay in their order."""
    return [int(i) for i in np.argsort(results.pictured.class_accuracy, kind="stable")]


def _rows(results: Results, labels: range | list[int]) -> Rows:
    rows = []
    for i in labels:
        shares = {result.name: result.class_accuracy[i] for result in results.shown.values()}
        top = max(shares.values())
        rows.append(
            {"class": in_markdown(results.data["classes"][i])}
            | {name: f"**{percent(v, 1)}**" if v == top > 0 else percent(v, 1) for name, v in shares.items()}
        )
    return rows


def confusions(result: Result, classes: list[str]) -> str:
    """The most frequent mistakes, all seeds together: of the true class, how much is taken for which other."""
    counts = result.confusion.astype(float)
    sizes = np.maximum(counts.sum(1, keepdims=True), 1)
    share = counts / sizes
    np.fill_diagonal(share, 0)
    found = [divmod(int(i), len(classes)) for i in np.argsort(-share, axis=None, kind="stable")[:SHOWN]]
    rows = [
        {
            "true class": in_markdown(classes[true]),
            "taken for": in_markdown(classes[other]),
            "of the true class, %": percent(float(share[true, other]), 1),
            "and the other way round, %": percent(float(share[other, true]), 1),
        }
        for true, other in found
        if share[true, other] > 0
    ]
    return markdown(rows) if rows else "No image is taken for another class."
