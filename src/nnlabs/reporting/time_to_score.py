"""How long compared variants take to the same validation score."""

from collections.abc import Iterable
from math import floor
from statistics import mean

from nnlabs.reporting.equal_time import Clock
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.result import Result
from nnlabs.reporting.results import Results
from nnlabs.reporting.tables import Rows, markdown


def table(results: Results, clocks: dict[str, Clock]) -> str:
    """For every comparison, when each of its variants reached what every run of all of them reached; empty without any.

    That score is `common`.
    """
    found = Findings(results)
    rows: Rows = []
    for asked in results.questions.values():
        compared = [each for each in found.present(asked) if each.validated and each.id in clocks]
        if len(compared) < 2:
            continue
        target = common(compared)
        rows += [_row(each, clocks[each.id], target, results.score) for each in compared]
    distinct = [row for i, row in enumerate(rows) if row not in rows[:i]]
    return markdown(distinct) if distinct else ""


def common(compared: Iterable[Result]) -> int:
    """What every run of all of them reached on validation, %: the lowest of the runs' best scores, rounded down."""
    return floor(100 * min(max(run) for each in compared for run in _runs(each).values()))


def epochs(result: Result, target: int) -> dict[int, int]:
    """How many epochs each seed's run needed to a validation score, %, that it reached."""
    runs = _runs(result).items()
    return {seed: 1 + next(i for i, each in enumerate(run) if 100 * each >= target) for seed, run in runs}


def _runs(result: Result) -> dict[int, list[float]]:
    """Validation score by epoch of every seed's run."""
    table = result.by_epoch(f"validation_{result.score}")
    return {int(seed): table[seed].dropna().tolist() for seed in table.columns}


def _row(result: Result, clock: Clock, target: int, score: str) -> dict[str, str]:
    needed = epochs(result, target)
    return {
        "variant": result.name,
        f"validation {score}, %": str(target),
        "epochs": f"{mean(needed.values()):.1f}",
        "seconds": f"{mean(clock.ends[seed][n - 1] for seed, n in needed.items()):,.1f}",
    }
