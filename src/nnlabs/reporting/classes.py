"""Single classes: a row and a cell each while they are few; of many the worst, the best and the mistakes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnlabs.reporting.names import in_markdown, shortened
from nnlabs.reporting.result import Result
from nnlabs.reporting.results import Results
from nnlabs.reporting.sentences import counted, emphasised, percent, with_interval
from nnlabs.reporting.tables import Rows, markdown

MANY = 20
"""With more classes than this a table of all and a confusion matrix cannot be read."""
SHOWN = 10


@dataclass(frozen=True)
class Classes:
    """Single classes: a table of all and a matrix, or of many the worst, the best and the mistakes."""

    many: bool
    n: int
    shown: int
    table: str = ""
    worst: str = ""
    best: str = ""
    confusions: str = ""
    shortened: str = ""
    """What figures show in place of a name, and the name."""


def many(results: Results) -> bool:
    return len(results.data["classes"]) > MANY


def table(results: Results) -> str:
    """Accuracy of the classes for every variant, percent, the best of a row in bold.

    That of the pictured variant with its 95 % interval.
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
        top = max(result.class_accuracy[i] for result in results.shown.values())
        row = {"class": in_markdown(results.data["classes"][i])}
        for result in results.shown.values():
            mean, half = result.class_accuracy[i], result.class_interval[i] if result is results.pictured else None
            mark = "**" if mean == top > 0 else ""
            row[result.name] = f"{mark}{with_interval(mean, half, 1)}{mark}"
        rows.append(row)
    return rows


def confusions(result: Result, classes: list[str]) -> str:
    """The most frequent mistakes, all seeds together: of the true class, how much is taken for which other."""
    share = _mistaken(result)
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


def mistake(result: Result, classes: Sequence[str]) -> str:
    """The most frequent mistake, all seeds together, and how often it is made the other way round."""
    share = _mistaken(result)
    top = float(share.max())
    if not top:
        return "No image is taken for another class."
    (true, other), *alike = np.argwhere(share == top).tolist()
    one, another = (emphasised(in_markdown(classes[label])) for label in (true, other))
    back = float(share[other, true])
    said = (
        f"The most frequent mistake is to take {one} for {another}: {percent(top, 1)} % of the test images of {one}; "
        f"the other way round it is {percent(back, 1)} % of those of {another}."
    )
    if [other, true] in alike:
        said = (
            f"The most frequent mistake is to take {one} for {another} and the other way round: {percent(top, 1)} % of "
            "the test images of each."
        )
        alike.remove([other, true])
    if alike:
        said = f"{said[:-1]}; {counted(len(alike), 'other mistake')} {'is' if len(alike) == 1 else 'are'} as frequent."
    return said


def _mistaken(result: Result) -> NDArray[np.float64]:
    """Which part of each true class, a row, is taken for each other class, a column; all seeds together."""
    counts = result.confusion.astype(float)
    share: NDArray[np.float64] = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    np.fill_diagonal(share, 0)
    return share


def of(results: Results) -> Classes:
    names = results.data["classes"]
    if not many(results):
        return Classes(False, len(names), len(names), table=table(results), shortened=_shortened(names, names))
    drawn = {each[key] for each in results.pictured.scores.gallery for key in ("true", "predicted")}
    return Classes(
        many=True,
        n=len(names),
        shown=SHOWN,
        worst=worst(results),
        best=best(results),
        confusions=confusions(results.pictured, names),
        shortened=_shortened(names, drawn),
    )


def _shortened(names: Sequence[str], of: Collection[str]) -> str:
    """What figures show in place of those names that are too long for them or of other letters."""
    other = {shown: name for shown, name in shortened(names).items() if name in of}
    return "; ".join(f"*{in_markdown(shown)}* is {in_markdown(name)}" for shown, name in other.items())
