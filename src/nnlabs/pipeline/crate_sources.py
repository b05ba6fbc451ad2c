"""What the crate is made of, as far as it repeats it, checked."""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from nnlabs.config.messages import Model, validated
from nnlabs.config.reading import read_yaml
from nnlabs.core.errors import UserError, said
from nnlabs.core.fields import Frozen
from nnlabs.pipeline import locked
from nnlabs.pipeline.comparison import RECORDS
from nnlabs.pipeline.locked import Lock

KNOBS, CITATION = "params.yaml", "CITATION.cff"
RESTORE = "`git checkout` brings it back"


class Author(Frozen, extra="ignore"):
    name: str


class Cited(Frozen, extra="ignore"):
    """CITATION.cff"""

    title: str
    version: str
    license: str
    released: dt.date = Field(alias="date-released")
    keywords: tuple[str, ...] = ()
    authors: tuple[Author, ...] = Field(min_length=1)


class Dataset(Frozen, extra="ignore"):
    origin: str


class Knobs(Frozen, extra="ignore"):
    """params.yaml"""

    labs: dict[str, Any]
    datasets: dict[str, Dataset]


class Record(Frozen, extra="ignore"):
    """When something ran, and on what."""

    when: dt.date | None = None
    cpu: str = ""
    system: str = ""
    versions: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Sources:
    lock: Lock
    knobs: Knobs
    cited: Cited
    records: list[Record]
    unfinished: dict[str, str]
    """The stages without which the run is not complete, each with the reason."""


def read(root: Path) -> Sources:
    """What is in the checkout.

    Raises
    ------
    UserError
        Where a file is missing or damaged.
    """
    lock = locked.read(root)
    raw = read_yaml(root / KNOBS)
    cited = _restorable(Cited, read_yaml(root / CITATION), CITATION)
    records = [_record(path, root) for path in sorted((root / RECORDS).glob("*/*.json"))]
    return Sources(lock, validated(Knobs, raw, KNOBS), cited, records, locked.unfinished(root, lock, raw))


def _record(path: Path, root: Path) -> Record:
    name = path.relative_to(root).as_posix()
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{name} cannot be read ({said(error)}); {RESTORE}") from None
    return _restorable(Record, content, name)


def _restorable(model: type[Model], content: Any, name: str) -> Model:
    """The content as the model has it; git's is better than one that does not fit."""
    try:
        return validated(model, content, name)
    except UserError as error:
        raise UserError(f"{error}; {RESTORE}") from None
