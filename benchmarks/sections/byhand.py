"""Networks by hand against PyTorch, autograd and public NumPy code."""

from typing import Any

from harness.races import OURS, PEERS, Rows, race
from ours import cnn as byhand_cnn

BATCHES = {"numpy-ml": 1, "tinynn": 10, "mpneuralnetwork": 10}
"""Steps a turn for the slow ones; all the others do as many as take about half a second."""
MANY = 200
STEPS = 10_000
"""A turn of the descents; the labs take 50,000, and every step costs the same."""


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """Every race, with what is needed to read it."""
    import numpy as np

    from nnlabs.scratch.fast_cnn import SHARD, FastCNN, Shard

    blocks = Shard(FastCNN(np.random.default_rng(0)), SHARD).blocks
    shards = byhand_cnn.BATCH / SHARD
    return {
        "batch": batches(rounds, scale) | {"steps": {**BATCHES}, "many": max(1, round(scale * MANY))},
        "epoch": epochs(rounds, scale) | {"share": scale},
        "descent": descents(rounds, scale),
        "operations": shards * byhand_cnn.products(blocks),
        "moved": shards * sum(map(byhand_cnn.moved, blocks)),
    }


def batches(rounds: int, scale: float) -> dict[str, Any]:
    """Seconds of a turn of steps on one batch."""
    many = ("--batches", str(max(1, round(scale * MANY))))

    def own(who: str, threads: int) -> list[tuple[str, ...]]:
        return [(OURS, "ours.cnn", who, "--threads", str(threads), *many)]

    rows: Rows = {f"{who}, {n}": own(who, n) for n in (1, 2) for who in ("ours", "pytorch")}
    rows |= {who: own(who, 1) for who in ("products", "copies")}
    rows |= {who: [(PEERS, "ours.cnn", who, "--batches", str(steps))] for who, steps in BATCHES.items()}
    found = race(rows, rounds, tell=("loss",), alone=True)
    found["apart"] = {who: loss - found["loss"]["ours, 1"] for who, loss in found["loss"].items()}
    return found


def epochs(rounds: int, scale: float) -> dict[str, Any]:
    """Seconds of an epoch, and memory."""
    common = ("--share", str(scale))
    rows: Rows = {
        f"{who}, {n}": [(OURS, "ours.cnn", who, "--threads", str(n), *common)]
        for n in (1, 2)
        for who in ("ours", "pytorch")
    }
    return race(rows, rounds, tell=("loss", "megabytes", "before"), alone=True)


def descents(rounds: int, scale: float) -> dict[str, Any]:
    """Seconds of so many steps of full-batch descent, one thread."""
    steps = max(1, round(scale * STEPS))

    def row(who: str, problem: str, hidden: int, *options: str) -> list[tuple[str, ...]]:
        sizes = ("--hidden", str(hidden), "--steps", str(steps))
        return [(OURS, "ours.descent", who, problem, *sizes, *options)]

    rows: Rows = {"regression: ours, equal x merged": row("ours", "regression", 64, "--merge")}
    for problem, hidden in (("regression", 64), ("xor", 8), ("xor", 64)):
        title = f"xor, {hidden} hidden" if problem == "xor" else problem
        rows[f"{title}: autograd"] = row("autograd", problem, hidden)
        rows[f"{title}: ours"] = row("ours", problem, hidden)
        rows[f"{title}: ours, float64"] = row("ours", problem, hidden, "--dtype", "float64")
    rows["calls: regression"], rows["calls: xor"] = row("calls", "regression", 1), row("calls", "xor", 1)
    return race(rows, rounds, tell=("loss",), alone=True) | {"steps": steps}
