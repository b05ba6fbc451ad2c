"""Networks by hand against PyTorch, autograd and public NumPy code."""

from typing import Any

from harness.cnn import BATCH
from harness.races import OURS, PEERS, Rows, race
from ours import cnn_limits

OWN = {"ours": "ours.cnn", "pytorch": "peers.pytorch"}
"""What runs on one thread and on two, in .venv."""
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
    shards = BATCH / SHARD
    return {
        "batch": batches(rounds, scale) | {"steps": {**BATCHES}, "many": max(1, round(scale * MANY))},
        "epoch": epochs(rounds, scale) | {"share": scale},
        "descent": descents(rounds, scale),
        "operations": shards * cnn_limits.operations(blocks),
        "moved": shards * sum(map(cnn_limits.moved, blocks)),
    }


def batches(rounds: int, scale: float) -> dict[str, Any]:
    """Seconds of a turn of steps on one batch."""
    many = ("--batches", str(max(1, round(scale * MANY))))

    rows: Rows = {
        f"{who}, {n}": [(OURS, module, "--threads", str(n), *many)] for n in (1, 2) for who, module in OWN.items()
    }
    rows |= {part: [(OURS, "ours.cnn_limits", part, "--threads", "1", *many)] for part in ("products", "copies")}
    rows |= {
        who: [(PEERS, f"peers.{who.replace('-', '_')}", "--batches", str(steps))] for who, steps in BATCHES.items()
    }
    found = race(rows, rounds, tell=("loss",), alone=True)
    found["apart"] = {who: loss - found["loss"]["ours, 1"] for who, loss in found["loss"].items()}
    return found


def epochs(rounds: int, scale: float) -> dict[str, Any]:
    """Seconds of an epoch, and memory."""
    common = ("--share", str(scale))
    rows: Rows = {
        f"{who}, {n}": [(OURS, module, "--threads", str(n), *common)] for n in (1, 2) for who, module in OWN.items()
    }
    return race(rows, rounds, tell=("loss", "megabytes", "before"), alone=True)


def descents(rounds: int, scale: float) -> dict[str, Any]:
    """Seconds of so many steps of full-batch descent, one thread."""
    steps = max(1, round(scale * STEPS))

    def row(module: str, problem: str, hidden: int, *options: str) -> list[tuple[str, ...]]:
        return [(OURS, module, problem, "--hidden", str(hidden), "--steps", str(steps), *options)]

    rows: Rows = {"regression: ours, equal x merged": row("ours.descent", "regression", 64, "--merge")}
    for problem, hidden in (("regression", 64), ("xor", 8), ("xor", 64)):
        title = f"xor, {hidden} hidden" if problem == "xor" else problem
        rows[f"{title}: autograd"] = row("peers.autograd", problem, hidden)
        rows[f"{title}: ours"] = row("ours.descent", problem, hidden)
        rows[f"{title}: ours, float64"] = row("ours.descent", problem, hidden, "--dtype", "float64")
    rows["calls: regression"], rows["calls: xor"] = (
        row("ours.descent", problem, 1, "--calls") for problem in ("regression", "xor")
    )
    return race(rows, rounds, tell=("loss",), alone=True) | {"steps": steps}
