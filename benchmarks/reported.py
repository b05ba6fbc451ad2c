"""What the report says of variants of CIFAR-10 and MNIST; nothing is trained here.

The variant for 94 % trains a quarter of an hour a seed, and when MNIST's first pass 99 % is in every run's history, so
the benchmark takes these figures from the report. They are those of the last commit, which the page names: a later run
changes the report, and not the page.
"""

import csv
import json
from typing import Any

from harness import report
from harness.tasks import MNIST, REACHED, RECORD, VARIANTS
from nnlabs.core import paths

CIFAR10 = "cifar10"


def read() -> dict[str, Any]:
    """Of each lab, what the committed report has of its variants; a lab with none of them is left out."""
    found = {CIFAR10: _whole(), MNIST: _reached()}
    return {lab: variants for lab, variants in found.items() if variants}


def _whole() -> dict[str, Any]:
    """The variants for 90 and for 94 %: seconds and epochs of training."""
    found = {}
    for variant in (VARIANTS["strong"], RECORD):
        if (said := _said(CIFAR10, variant)) is not None:
            told, scored = said
            runs = told.record["runs"]
            found[variant] = scored | {key: [run[key] for run in runs] for key in ("seconds", "epochs")}
    return found


def _reached() -> dict[str, Any]:
    """Every variant of MNIST whose every seed reached 99 %: the epoch, and the seconds to its end.

    `whole` is how many epochs the trainings had that the test accuracies are of.
    """
    found = {}
    for variant in report.variants(MNIST):
        said, history = _said(MNIST, variant), report.committed(report.history(paths.REPORTS, MNIST, variant))
        if said is not None and history is not None:
            told, scored = said
            if firsts := _firsts(told.record["runs"], history):
                epochs, seconds, whole = ([*each] for each in zip(*firsts, strict=True))
                found[variant] = scored | {"epochs": epochs, "seconds": seconds, "whole": whole}
    return found


def _firsts(runs: list[dict[str, Any]], history: str) -> list[tuple[int, float, int]]:
    """Of each seed the first epoch after which validation accuracy is high enough, the seconds to its end, and all
    epochs; nothing where a seed has no such epoch."""
    validated: dict[tuple[str, str], list[float]] = {}
    for row in csv.DictReader(history.splitlines()):
        if row["chosen"] == "1":  # of several rates the one that was kept
            accuracy = float(row["validation_accuracy"] or 0)  # empty where nothing is held back to validate on
            validated.setdefault((row["lr"], row["seed"]), []).append(accuracy)
    found = []
    for run in runs:
        accuracies = validated.get((f"{run['lr']:.6g}", str(run["seed"])), [])
        if accuracies and max(accuracies) < REACHED:
            return []
        if accuracies:
            epoch = 1 + next(i for i, accuracy in enumerate(accuracies) if accuracy >= REACHED)
            found.append((epoch, sum(run["epoch_seconds"][:epoch]), len(accuracies)))
    return found


def _said(lab: str, variant: str) -> tuple[report.Told, dict[str, Any]] | None:
    """What the committed report has of a variant, and of it what every row of the page shows; None where not whole.

    `test` is the mean accuracy with the report's own interval, which counts seeds and images, as the report prints it.
    """
    told = report.told(paths.REPORTS, lab, variant, report.committed)
    metrics = report.committed(report.metrics(paths.REPORTS, lab, variant))
    if told is None or metrics is None:
        return None
    record = told.record
    return told, {
        "test": json.loads(metrics)["test"],
        "accuracies": told.accuracies,
        "precision": record["precision"],
        "threads": record["threads"],
        "machine": {key: record[key] for key in ("cpu", "cores", "gpu", "system")},
        "when": record["when"],
        "commit": report.commit(lab, variant),
    }
