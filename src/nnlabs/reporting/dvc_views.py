"""What DVC shows of a trained lab: the few numbers that one chooses and compares by, and the rows of its charts.

Percents have two decimals: more is noise, and would be all that two machines differ in.
"""

from math import isnan

import numpy as np
from numpy.typing import NDArray

from nnlabs.reporting import classes
from nnlabs.reporting.results import Results
from nnlabs.reporting.sentences import with_interval
from nnlabs.reporting.tables import Rows

OTHER = "(another)"
"""Class predicted beyond those that are drawn."""


def metrics(results: Results) -> dict[str, dict[str, float | str]]:
    """Of every variant by id: `validation`, to choose by, and `test` with its interval, to report; percent.

    `test` is a text, so that no table is sorted by it.
    """
    return {
        key: ({} if isnan(each.validation) else {"validation": round(100 * each.validation, 2)})
        | {"test": with_interval(each.test, each.interval)}
        for key, each in results.shown.items()
    }


def plots(results: Results) -> dict[str, Rows]:
    """The rows of every chart that has any."""
    charts = {"validation": validation(results), "rates": rates(results)}
    if results.variants:
        charts["confusion"] = confusion(results)
    return {name: rows for name, rows in charts.items() if rows}


def validation(results: Results) -> Rows:
    """Validation score of every epoch and variant, mean over seeds as far as every seed goes."""
    rows: Rows = []
    for result in results.shown.values():
        if result.validated:
            means = result.by_epoch(f"validation_{result.score}").dropna().mean(axis=1)
            rows += [
                {"epoch": int(epoch), "validation": round(100 * score, 2), "series": result.name}
                for epoch, score in means.items()
            ]
    return rows


def rates(results: Results) -> Rows:
    """Validation score of every learning rate that was tried and did not diverge, by rate."""
    return [
        {"rate": rate, "validation": round(100 * score, 2), "series": result.name}
        for result in results.shown.values()
        for rate, score in sorted(result.tried.items())
        if score is not None
    ]


def confusion(results: Results) -> Rows:
    """Of every hundred images of a class what they are taken for, a row each: DVC's template counts rows.

    Of many classes the worst ones.
    """
    names = results.data["classes"]
    shown = classes.hardest(results)
    rows: Rows = []
    for label in shown:
        for other, n in enumerate(hundred(results.pictured.confusion[label])):
            predicted = names[other] if other in shown else OTHER
            rows += [{"true": names[label], "predicted": predicted}] * n
    return rows


def hundred(counts: NDArray[np.int64]) -> list[int]:
    """Counts as whole percents that add up to 100: what is left goes to the largest remainders, the first of equals."""
    total = int(counts.sum())
    if not total:
        return [0] * len(counts)
    parts, remainders = np.divmod(100 * counts, total)
    for at in np.argsort(-remainders, kind="stable")[: 100 - int(parts.sum())]:
        parts[at] += 1
    return [int(part) for part in parts]
