"""The lecture's MLP on Fashion-MNIST in every loop."""

from typing import Any

from harness.races import OURS, PEERS, Rows, race


def measure(rounds: int, scale: float, precision: str) -> dict[str, Any]:
    """Seconds of every loop's epochs; `scale` is the part of the images that is used, `precision` that of ours."""
    common = ("lecture", "--epochs", str(rounds + 1), "--share", str(scale))
    ours = (OURS, "ours.loop", *common, "--precision")
    own = (*ours, precision)
    rows: Rows = {
        "textbook loop": [(PEERS, "peers.textbook", *common)],
        "Lightning, torchvision": [(PEERS, "peers.lightning", *common, "--data", "torchvision")],
        "Lightning, tensors in memory": [(PEERS, "peers.lightning", *common, "--data", "tensors")],
        "Keras on torch": [(PEERS, "peers.keras", *common, "--backend", "torch")],
        "Keras on JAX": [(PEERS, "peers.keras", *common, "--backend", "jax")],
        "ours, float32, one thread": [(*ours, "float32")],
        f"ours, {precision}, one thread": [own],
        f"ours, {precision}, two threads": [(*own, "--threads", "2")],
        f"ours, {precision}, two variants at once": [(*own, "--seed", "1"), (*own, "--seed", "2")],
    }
    return race(rows, rounds) | {"share": scale}
