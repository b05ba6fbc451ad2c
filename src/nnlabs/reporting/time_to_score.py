"""How long compared variants take to the same validation score."""

from math import floor
from statistics import mean

from nnlabs.reporting.equal_time import Clock
from nnlabs.reporting.findings import Findings
from nnlabs.reporting.result import Result
from nnlabs.reporting.results import Results
from nnlabs.reporting.tables import Rows, markdown


def table(results: Results, clocks: dict[str, Clock]) -> str:
    """For every comparison, when each of its variants reached what every run of all of them reached; empty without any.

    That score is the lowest of the runs' best ones, rounded down to a whole percent.
    """
    found = Findings(results)
    rows: Rows = []
    for asked in results.questions.values():
        compared = [each for each in found.present(asked) if each.validated and each.id in clocks]
        if len(compared) < 2:
            continue
        target = floor(100 * min(max(run) for each in compared for run in _runs(each).values()))
        rows += [_row(each, clocks[each.id], target, results.score) for each in compared]
    distinct = [row for i, row in enumerate(rows) if row not in rows[:i]]
    return markdown(distinct) if distinct else ""


def _runs(result: Result) -> dict[int, list[float]]:
    """Validation score by epoch of every seed's run."""
    table = result.by_epoch(f"validation_{result.score}")
    return {int(seed): table[seed].dropna().tolist() for seed in table.columns}


def _row(result: Result, clock: Clock, target: int, score: str) -> dict[str, str]:
    at = {seed: next(i for i, each in enumerate(run) if 100 * each >= target) for seed, run in _runs(result).items()}
    return {
        "variant": result.name,
        f"validation {score}, %": str(target),
        "epochs": f"{mean(at.values()) + 1:.1f}",
        "seconds": f"{mean(clock.ends[seed][i] for seed, i in at.items()):,.1f}",
    }
