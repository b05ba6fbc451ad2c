"""What a page leaves beside itself: its figures, its answer for the report's index, and what DVC shows of the lab."""

import csv
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from nnlabs.core import paths
from nnlabs.core.files import replaced, write_json
from nnlabs.reporting import places
from nnlabs.reporting.answers import Answer
from nnlabs.reporting.tables import Rows
from nnlabs.telling.progress import LINES


@contextmanager
def figures(lab: str) -> Iterator[Path]:
    """The folder of a page's figures, emptied; never left empty, for git would not keep it and DVC would miss it."""
    folder = places.figures(lab)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    if not any(folder.iterdir()):
        (folder / ".gitkeep").touch()


def write_answer(lab: str, *, title: str, question: str, answer: Answer, edition: str) -> None:
    """The lab's row of the report's index, which is untrue until the stage `report` has read it."""
    index = paths.REPORTS / "README.md"
    if os.environ.get(LINES) != "lines" and index.exists() and answer.row not in index.read_text(encoding="utf-8"):
        print(f"{lab}: {index} shows what the page said before, until `dvc repro report` has run", flush=True)
    row = {"title": title, "question": question, "answer": answer.row, "edition": edition}
    write_json(places.answer(lab), row | {"figure": answer.figure, "message": answer.message})


def write_metrics(lab: str, values: Mapping[str, Mapping[str, float | str]]) -> None:
    """A file for each thing that can be chosen or compared: a variant, or a quantity that a lab computes.

    DVC gives each file a row and each key a column, so the same few keys everywhere make a table that can be read:
    `validation`, `test` and, of what is neither, `value`.
    """
    with replaced(places.metrics(lab)) as folder:
        for name, content in (values or {"none": {}}).items():
            write_json(folder / f"{name}.json", content)


def write_plots(lab: str, charts: Mapping[str, Rows]) -> None:
    """A CSV file for each chart, by name; dvc.yaml says how DVC draws it."""
    with replaced(places.plots(lab)) as folder:
        for name, rows in charts.items():
            with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, rows[0], lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
        if not charts:
            (folder / ".gitkeep").touch()
