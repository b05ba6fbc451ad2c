"""What the report says of CIFAR-10's variants: `python benchmarks/reported.py` puts it on the page, and trains nothing.

The variant for 94 % trains a quarter of an hour a seed, so the benchmark takes its figures from there.
"""

from typing import Any

from harness import report
from harness.tasks import RECORD, VARIANTS
from nnlabs.core import paths
from nnlabs.core.errors import one_line_errors

LAB = "cifar10"


def read() -> dict[str, Any]:
    """Test accuracies and seconds of training, seed by seed, of each variant that the report has."""
    found = {}
    for variant in (VARIANTS["strong"], RECORD):
        if (told := report.told(paths.REPORTS, LAB, variant)) is not None:
            record = told.record
            found[variant] = {
                "accuracies": told.accuracies,
                "seconds": [each["seconds"] for each in record["runs"]],
                "epochs": [each["epochs"] for each in record["runs"]],
                "precision": record["precision"],
                "threads": record["threads"],
                "machine": {key: record[key] for key in ("cpu", "cores", "gpu", "system")},
                "when": record["when"],
            }
    return found


if __name__ == "__main__":
    from pages.write import record

    with one_line_errors():
        record("reported", read())
