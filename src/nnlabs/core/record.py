"""What a lab's own computation leaves for its page: results and arrays, and apart what may differ between runs."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from nnlabs.core import paths
from nnlabs.core.errors import UserError, said
from nnlabs.core.files import replaced, write_json

Arrays = dict[str, NDArray[Any]]
Results = TypeVar("Results")
"""A lab's frozen dataclass of the same name, of numbers, texts, lists, mappings and other dataclasses."""


def write(
    lab: str,
    results: Any,
    arrays: Mapping[str, NDArray[Any]],
    data: dict[str, Any],
    seconds: float,
    machine: dict[str, Any],
) -> None:
    """Write `reports/results/<lab>/computed` and the record of the run.

    `results` is the lab's dataclass, or None of a lab that computes nothing; `data` is what is said of its dataset.
    """
    found = {"data": data} if results is None else {"data": data, "results": asdict(results)}
    with replaced(paths.computed(lab)) as folder:
        text = json.dumps(found, indent=1, ensure_ascii=False)
        (folder / "results.json").write_text(text + "\n", encoding="utf-8")
        save_file({key: np.ascontiguousarray(array) for key, array in arrays.items()}, folder / "arrays.safetensors")
    write_json(paths.computed_record(lab), {"seconds": seconds, "edition": data.get("edition")} | machine)


def read(lab: str, kind: type[Results]) -> tuple[Results, Arrays, dict[str, Any]]:
    """Results as the lab's dataclass, arrays, and what is said of the dataset.

    Raises
    ------
    UserError
        Where a file is missing, or holds something else; it names the stage that makes it.
    """
    folder = paths.computed(lab)
    try:
        found = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        results = TypeAdapter(kind).validate_python(found["results"])
        return results, load_file(folder / "arrays.safetensors"), found["data"]
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise UserError(f"{folder} cannot be read ({said(error)}); `dvc repro compute@{lab}` makes it") from None
