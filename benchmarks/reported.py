"""What the report says of CIFAR-10's arms: `python benchmarks/reported.py` puts it on the page, and trains nothing.

The arm for 94 % trains a quarter of an hour a seed, so the benchmark takes its figures from there.
"""

import json
from typing import Any

from harness import results
from nnlabs.core import paths
from nnlabs.core.errors import one_line_errors
from pages.verdicts import RECORD

LAB = "cifar10"
ARMS = ("cifar10-strong", RECORD)


def read() -> dict[str, Any]:
    """Test accuracies and seconds of training, seed by seed, of each arm that the report has."""
    found = {}
    for arm in ARMS:
        metrics, run = paths.metrics(LAB, arm), paths.run_record(LAB, arm)
        if metrics.exists() and run.exists():
            measured, record = (json.loads(path.read_text(encoding="utf-8")) for path in (metrics, run))
            machine = {key: record[key] for key in ("cpu", "cores", "gpu", "system")}
            found[arm] = {
                "accuracies": measured["accuracy_per_seed"],
                "seconds": [each["seconds"] for each in record["runs"]],
                "epochs": [each["epochs"] for each in record["runs"]],
                "precision": record["precision"],
                "threads": record["threads"],
                "machine": machine,
                "when": record["when"],
            }
    return found


if __name__ == "__main__":
    with one_line_errors():
        results.record("reported", read())
