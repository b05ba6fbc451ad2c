"""What the stage `compute` does for any lab."""

import json
from importlib import import_module
from time import perf_counter
from typing import Any

from nnlabs.core import paths, record, runtime
from nnlabs.core.errors import UserError
from nnlabs.core.files import replaced


def compute(parameters: dict[str, Any]) -> None:
    """Compute what a lab's page is made of, beside its variants; of one that computes nothing, what its data is.

    `models/<lab>` is there for the weights that a computation may leave, if only as an empty folder.
    """
    lab, knobs = parameters["lab"], parameters["knobs"]
    data = described(parameters["dataset"])
    with replaced(paths.models(lab)):
        pass
    if knobs is None:
        record.write(lab, None, {}, data, 0.0, {})
        return
    began = perf_counter()
    settings = import_module(f"nnlabs.labs.{lab}.settings").Settings.model_validate(knobs)
    results, arrays = import_module(f"nnlabs.labs.{lab}.compute").compute(settings, parameters["dataset"])
    record.write(lab, results, arrays, data, perf_counter() - began, runtime.machine())


def described(dataset: str) -> dict[str, Any]:
    """What is said of a prepared dataset on pages: all but which image became part of which split.

    Raises
    ------
    UserError
        Where the dataset is not prepared.
    """
    path = paths.dataset(dataset) / "meta.json"
    try:
        meta: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}); `dvc repro data@{dataset}` makes it") from None
    return {key: value for key, value in meta.items() if key != "split"}
