"""CNNs on CIFAR-10 in this project's loop and the textbook one."""

from typing import Any

from harness import variants
from harness.protocol import Worker
from harness.races import OURS, Rows, race
from harness.tasks import VARIANTS

SHARE = 1 / 3
"""Part of CIFAR-10 that a turn takes: a textbook epoch of all of it is minutes, and only the rate is asked for."""


def measure(rounds: int, scale: float, precision: str) -> dict[str, Any]:
    """The plain CNN in our loop and the textbook one, the strong one in the latter, and ours trained to its end.

    `precision` is that of ours.
    """
    share = scale * SHARE
    common = ("--epochs", str(rounds + 1), "--share", str(share))
    ours = (OURS, "ours.loop", "cifar10", *common, "--threads", "2", "--precision")
    rows: Rows = {
        "textbook loop, plain CNN": [(OURS, "peers.textbook", "cifar10", *common)],
        "ours, float32, plain CNN": [(*ours, "float32")],
        f"ours, {precision}, plain CNN": [(*ours, precision)],
        "textbook loop, strong CNN": [(OURS, "peers.textbook", "strong", *common)],
    }
    return race(rows, rounds) | {"share": share, "strong": strong(scale, precision)}


def strong(scale: float, precision: str) -> dict[str, Any]:
    """cifar10-strong from the first weight to the last epoch of its schedule."""
    epochs = variants.named(VARIANTS["strong"]).training.epochs
    options = ("--epochs", str(epochs), "--share", str(scale), "--threads", "2", "--precision", precision)
    worker = Worker(OURS, "ours.loop", "strong", *options)
    rows = []
    for epoch in range(epochs):
        if epoch:
            worker.ask()
        rows.append(worker.answer())
        print(f"cifar10-strong epoch {epoch + 1}/{epochs}: {rows[-1]['accuracy']:.2%}", flush=True)
    worker.close()
    return {"epochs": epochs, "seconds": sum(row["seconds"] for row in rows), "accuracy": rows[-1]["accuracy"]}
