"""What the report says of CIFAR-10's variants; nothing is trained here.

The variant for 94 % trains a quarter of an hour a seed, so the benchmark takes its figures from the report. They are
those of the last commit, which the page names: a later run changes the report, and not the page.
"""

from typing import Any

from harness import report
from harness.tasks import RECORD, VARIANTS
from nnlabs.core import paths

LAB = "cifar10"


def read() -> dict[str, Any]:
    """Test accuracies and seconds of training, seed by seed, of each variant that the committed report has."""
    found = {}
    for variant in (VARIANTS["strong"], RECORD):
        if (told := report.told(paths.REPORTS, LAB, variant, report.committed)) is not None:
            record = told.record
            found[variant] = {
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
