"""What the stage `compute` does for any lab."""

from importlib import import_module
from time import perf_counter
from typing import Any

from nnlabs.core import paths, record, runtime
from nnlabs.core.files import replaced
from nnlabs.data import meta


def compute(parameters: dict[str, Any]) -> None:
    """Compute what a lab's page is made of, beside its variants; of one that computes nothing, what its data is.

    `models/<lab>` is there for the weights that a computation may leave, if only as an empty folder.
    """
    lab, knobs = parameters["lab"], parameters["knobs"]
    data = meta.brief(meta.read(parameters["dataset"]))
    with replaced(paths.models(lab)):
        pass
    if knobs is None:
        record.write(lab, None, {}, data, 0.0, {})
        return
    began = perf_counter()
    settings = import_module(f"nnlabs.labs.{lab}.settings").Settings.model_validate(knobs)
    results, arrays = import_module(f"nnlabs.labs.{lab}.compute").compute(settings, parameters["dataset"])
    record.write(lab, results, arrays, data, perf_counter() - began, runtime.machine())
