"""The words of a lab: `labs/<lab>/lab.yaml`, and what its source reported: `labs/<lab>/reported.csv`."""

import csv
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from nnlabs.config.messages import validated
from nnlabs.config.reading import read_yaml
from nnlabs.core.errors import UserError
from nnlabs.core.fields import Frozen
from nnlabs.training.settings import Score

FOLDER = Path("src", "nnlabs", "labs")
"""Where labs are, from the checkout's root."""


class Question(Frozen):
    """Variants that differ in one thing, each compared with the first, paired by seed."""

    question: str
    variants: Annotated[tuple[str, ...], Field(min_length=2)]
    compared: str
    tuned: str
    fixed: str


class Words(Frozen):
    """What a lab is called and asks; nothing of it changes what is trained or computed."""

    title: str
    question: str
    score: Score = "accuracy"
    """What curves, dots and comparisons show, and what the best epoch, rate and variant have most of on validation."""
    names: dict[str, str] = Field(default={})
    """What readers see in place of an id."""
    comparisons: dict[str, Question] = Field(default={})


def read(lab: str) -> Words:
    """The words of one lab.

    Raises
    ------
    UserError
        Where they are missing or wrong, naming file, key and what is allowed.
    """
    path = FOLDER / lab / "lab.yaml"
    if not path.exists():
        raise UserError(f"params.yaml: labs.{lab}: {path} is missing; a lab is a folder with its title and question")
    return validated(Words, read_yaml(path), str(path))


def reported(lab: str) -> list[dict[str, Any]]:
    """What the lab's source printed: a row a figure, empty cells left out; none where there is no such file."""
    path = FOLDER / lab / "reported.csv"
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{key: cell for key, cell in row.items() if cell != ""} for row in csv.DictReader(file)]
