"""What every run of a variant predicted of every test image, by which a page compares variants image by image."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnlabs.core import npy, paths
from nnlabs.core.files import aside
from nnlabs.evaluation.metrics import Floats, Score, shares

FILE = "outcomes.npy"
FEW = (np.uint8, np.uint16)
"""What classes are written as."""
Labels = NDArray[np.int64]


def path(lab: str, variant: str) -> Path:
    """A small file that git tracks: (1 + S) x N classes, the true ones first."""
    return paths.tested(lab, variant) / FILE


@dataclass(frozen=True)
class Outcomes:
    labels: Labels
    """N true classes."""
    predicted: Labels
    """S x N classes."""

    def write(self, path: Path) -> None:
        rows = np.vstack([self.labels, self.predicted])
        with aside(path) as beside, beside.open("wb") as file:
            np.save(file, rows.astype(np.min_scalar_type(int(rows.max()))))

    @classmethod
    def read(cls, path: Path) -> "Outcomes":
        """Read what `write` wrote.

        Raises
        ------
        OSError, ValueError
            Where there is no such file, or one of another form.
        """
        rows = npy.mapped(path, "r")
        if rows.dtype not in FEW or rows.ndim != 2 or len(rows) < 2:
            raise ValueError(f"{rows.dtype} {rows.shape} found, not labels and predictions of N images")
        rows = rows.astype(np.int64)
        return cls(rows[0], rows[1:])

    def confusions(self, classes: int) -> NDArray[np.int64]:
        """What the runs' confusion matrices are, S x K x K."""
        cells = self.labels * classes + self.predicted
        counts = [np.bincount(row, minlength=classes**2) for row in cells]
        return np.stack(counts).reshape(-1, classes, classes)

    def of(self, confusions: list[list[list[int]]], score: Score) -> Floats:
        """What each image adds to each run's score, S x N; `confusions` are the runs' own."""
        tables = [shares(np.array(each), score) for each in confusions]
        return np.stack([table[self.labels, row] for table, row in zip(tables, self.predicted, strict=True)])
