"""Full-batch descent on the labs' points: a turn is `--steps` steps from the same start.

A worker is started with `<problem> --hidden h --steps n [--dtype d] [--merge] [--calls]`; with --calls it
has one point and one hidden unit: what the calls cost when there is nothing to compute.
"""

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.protocol import THREADS, Turns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

SETTINGS: dict[str, dict[str, Any]] = {
    "regression": {"activation": "relu", "loss": "squared_error", "lr": 0.005},
    "xor": {"activation": "sigmoid", "loss": "summed_binary_cross_entropy", "lr": 0.001},
}


@dataclass(frozen=True)
class Descent:
    problem: str
    x: "Array"  # N x inputs
    t: "Array"  # N
    start: "dict[str, Array]"  # weights under PyTorch's names
    steps: int
    dtype: str
    merge: bool


def run(last_loss: Callable[[Descent], float]) -> None:
    """Take turns; the worker returns the loss after the last step."""
    parser = argparse.ArgumentParser()
    parser.add_argument("problem", choices=list(SETTINGS))
    parser.add_argument("--hidden", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--merge", action="store_true")
    parser.add_argument("--calls", action="store_true")
    given = parser.parse_args()
    os.environ |= dict.fromkeys(THREADS, "1")  # before NumPy and torch are loaded
    import numpy as np

    rng = np.random.default_rng(0)
    x, t = points(given.problem, rng)
    hidden = given.hidden
    if given.calls:
        x, t, hidden = x[:1], t[:1], 1
    shapes = {"0.weight": (hidden, x.shape[1]), "0.bias": (hidden,), "2.weight": (1, hidden), "2.bias": (1,)}
    start = {name: rng.standard_normal(sizes) for name, sizes in shapes.items()}
    descent = Descent(given.problem, x, t, start, given.steps, given.dtype, given.merge)
    turns = Turns()
    while True:
        turns.end(loss=last_loss(descent))


def points(problem: str, rng: Any) -> "tuple[Array, Array]":
    """The sigmoid's 500 noisy points (100 distinct x), or 1,000 noisy corners of the unit square."""
    import numpy as np

    if problem == "regression":
        x = (np.arange(100) / 100 - 0.5).repeat(5)
        return x[:, None], 1 / (1 + np.exp(-10 * x)) + rng.normal(0, 0.05, len(x))
    corners = rng.integers(2, size=(1000, 2))
    return corners + rng.normal(0, 0.1, corners.shape), (corners.sum(axis=1) % 2).astype(np.float64)
