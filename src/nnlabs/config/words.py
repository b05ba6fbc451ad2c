"""The words of a lab: `labs/<lab>/lab.yaml`, and what its source reported: `labs/<lab>/reported.csv`."""

import csv
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from nnlabs.config.messages import brief, validated
from nnlabs.config.reading import read_yaml
from nnlabs.core.errors import UserError
from nnlabs.core.fields import Frozen, Number
from nnlabs.training.settings import Score

FOLDER = Path("src", "nnlabs", "labs")
"""Where labs are, from the checkout's root."""


PART = re.compile(r"[a-z][a-z0-9-]*")
OTHERS = "others"
MARKUP = "|<>$`*_[]\\"


def _part(name: str) -> str:
    if not PART.fullmatch(name) or name == OTHERS:
        raise ValueError(f"a name of a-z, 0-9 and '-', other than {OTHERS}, which are the variants in no comparison")
    return name


def _plain(name: str) -> str:
    if not name or not name.isprintable() or set(name) & set(MARKUP):
        raise ValueError(f"a text in one line without {' '.join(MARKUP)}, which pages and figures would read as markup")
    return name


class Question(Frozen):
    """Variants that differ in one thing, each compared with the first, paired by seed."""

    question: str
    variants: Annotated[tuple[str, ...], Field(min_length=2)]
    pairs: tuple[tuple[str, str], ...] = ()
    """More of these variants that are compared: the first of a pair with its second."""
    compared: str
    tuned: str
    fixed: str

    @model_validator(mode="after")
    def _pairs_are_of_its_variants(self) -> Self:
        for pair in self.pairs:
            if len({*pair}) < len(pair) or not {*pair} <= {*self.variants}:
                raise ValueError(f"pairs: {' and '.join(pair)} found; allowed: two of its variants")
        return self


class Figure(Frozen):
    """A figure that a source printed of a trained variant: a row of `reported.csv`."""

    what: str
    variant: str
    split: Literal["train", "validation", "test"]
    metric: Literal["accuracy", "loss"]
    value: Number
    """Accuracies in percent."""
    epoch: Annotated[int, Field(gt=0)] | None = None
    class_name: str | None = None


class Words(Frozen):
    """What a lab is called and asks; nothing of it changes what is trained or computed."""

    title: str
    question: str
    group: Annotated[str, AfterValidator(_plain)] = "More labs"
    """The part of the report's index that the lab stands in."""
    score: Score = "accuracy"
    """What curves, dots and comparisons show, and what the best epoch, rate and variant have most of on validation."""
    names: dict[str, Annotated[str, AfterValidator(_plain)]] = Field(default={})
    """What readers see in place of an id."""
    comparisons: dict[Annotated[str, AfterValidator(_part)], Question] = Field(default={})
    """By a name that becomes a part of a file's."""


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


def reported(lab: str, figure: type[Frozen]) -> list[dict[str, Any]]:
    """What the lab's source printed: a row a figure, empty cells left out; none where there is no such file.

    Raises
    ------
    UserError
        Where the file is no table of such figures, naming the row and the column.
    """
    path = FOLDER / lab / "reported.csv"
    if not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            header, *table = csv.reader(file, strict=True) or [[]]
    except (ValueError, csv.Error) as error:
        raise UserError(f"{path} is no table in UTF-8: {brief(str(error))}") from None
    rows = []
    for at, cells in enumerate(table, 1):
        if len(cells) != len(header):
            raise UserError(
                f"{path}: row {at}: {len(cells)} cells found; allowed: {len(header)}, as the first line has"
            )
        rows.append({column: cell for column, cell in zip(header, cells, strict=True) if cell != ""})
        validated(figure, rows[-1], str(path), f"row {at}")
    return rows
