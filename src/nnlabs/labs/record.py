"""What a study leaves behind: results and arrays for its page, a few numbers for DVC's tables, its time."""

import json
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from nnlabs.core import paths
from nnlabs.core.files import replaced, write_json
from nnlabs.scratch.arrays import Array
from nnlabs.core import runtime


def write(name: str, results: dict[str, Any], arrays: dict[str, Array], seconds: float) -> None:
    """Write `reports/studies/<name>`, its metrics (`headline` of the results) and `reports/run/studies/<name>.json`."""
    with replaced(paths.study(name)) as folder:
        text = json.dumps(results, indent=1, ensure_ascii=False)
        (folder / "results.json").write_text(text + "\n", encoding="utf-8")
        save_file({key: np.ascontiguousarray(array) for key, array in arrays.items()}, folder / "arrays.safetensors")
    write_json(paths.study_metrics(name), results["headline"])
    write_json(paths.study_record(name), {"seconds": seconds} | runtime.machine())
