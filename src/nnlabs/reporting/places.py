"""Where the report's pages and what belongs to them are written.

Apart from `core.paths`: no training or computation needs to know.
"""

from pathlib import Path

from nnlabs.core import paths


def page(lab: str) -> Path:
    return paths.REPORTS / f"{lab}.md"


def figures(lab: str) -> Path:
    """A folder: what the lab's page shows."""
    return paths.REPORTS / "figures" / lab


def claims() -> Path:
    """What the labs' sources say, beside what was measured."""
    return paths.REPORTS / "claims.md"


def montage() -> Path:
    """The picture of the front page."""
    return paths.REPORTS / "figures" / "montage.svg"


def answer(lab: str) -> Path:
    """What the report's index says of a lab."""
    return paths.REPORTS / "answers" / f"{lab}.json"


def metrics(lab: str) -> Path:
    """A folder of small files: the numbers that `dvc metrics` and `dvc exp show` show of a lab."""
    return paths.REPORTS / "metrics" / lab


def plots(lab: str) -> Path:
    """A folder of CSV files: the charts that `dvc plots` shows of a lab."""
    return paths.REPORTS / "plots" / lab


def statements() -> Path:
    """A folder: what machines say that ran everything again."""
    return paths.REPORTS / "verified"


def statement(name: str) -> Path:
    return statements() / f"{name}.json"


def run_pages() -> Path:
    """A folder: the pages about time and machines, with their figures."""
    return paths.REPORTS / "run" / "pages"


def seconds(lab: str) -> Path:
    """The one metric that may differ between two honest runs."""
    return paths.REPORTS / "run" / "seconds" / f"{lab}.json"
