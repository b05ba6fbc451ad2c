"""What the report says of CIFAR-10's variants; nothing is trained here.

The variant for 94 % trains a quarter of an hour a seed, so the benchmark takes its figures from the report. They are
those of the last commit, which the page names: a later run changes the report, and not the page.
"""

import json
from typing import Any

from harness import report
from harness.tasks import RECORD, VARIANTS
from nnlabs.core import paths

LAB = "cifar10"


def read() -> dict[str, Any]:
    """Of each variant that the committed report has: test accuracies and seconds of training, seed by seed.

    `test` is their mean with the report's own interval, which counts seeds and images, as the report prints it.
    """
    found = {}
    for variant in (VARIANTS["strong"], RECORD):
        told = report.told(paths.REPORTS, LAB, variant, report.committed)
        metrics = report.committed(report.metrics(paths.REPORTS, LAB, variant))
        if told is not None and metrics is not None:
            record = told.record
            found[variant] = {
                "test": json.loads(metrics)["test"],
                "accuracies": told.accuracies,
                "seconds": [each["seconds"] for each in record["runs"]],
                "epochs": [each["epochs"] for each in record["runs"]],
                "precision": record["precision"],
                "threads": record["threads"],
                "machine": {key: record[key] for key in ("cpu", "cores", "gpu", "system")},
                "when": record["when"],
                "commit": report.commit(LAB, variant),
            }
    return found
