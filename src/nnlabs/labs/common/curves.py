"""Lines of the one chart that `dvc plots` shows of a lab that computes: rows `x`, `y`, `series`."""

from typing import Any

import numpy as np

from nnlabs.scratch.arrays import Array

Rows = list[dict[str, Any]]


def line(x: Array, y: Array, series: str, points: int = 60) -> Rows:
    """A line's rows with four digits: more is what two machines may differ in.

    Of many points so many, evenly spaced on a logarithmic scale of their place, the first and the last among them.
    """
    kept = np.unique(np.geomspace(1, len(x), points).astype(int)) - 1 if len(x) > points else np.arange(len(x))
    return [{"x": _short(x[i]), "y": _short(y[i]), "series": series} for i in kept]


def _short(value: float) -> float:
    return float(f"{value:.4g}")
