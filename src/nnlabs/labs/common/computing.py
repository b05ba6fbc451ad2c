"""What the stage `compute` does for any lab."""

from importlib import import_module
from time import perf_counter
from typing import Any

from nnlabs.core import paths, record, runtime
from nnlabs.core.files import replaced
from nnlabs.data import meta


def compute(parameters: dict[str, Any]) -> None:
    """Compute what a lab's page is made of, beside its variants; of one that computes nothing, what its data is.

    `models/<lab>` is there for the weights that a computation may leave, if only as an empty folder. A lab that
    measures what may differ between two honest runs does so in a function `measure`: title and rows for the record.
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
    module = import_module(f"nnlabs.labs.{lab}.compute")
    results, arrays = module.compute(settings, parameters["dataset"])
    seconds = perf_counter() - began
    measure = getattr(module, "measure", None)
    measured = {"measured": measure(settings)} if measure else {}
    record.write(lab, results, arrays, data, seconds, runtime.machine() | measured)
