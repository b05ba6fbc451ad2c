"""The lecture's MLP on Fashion-MNIST in every loop."""

from typing import Any

from harness.races import OURS, PEERS, Rows, race


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """Seconds of every loop's epochs; `scale` is the part of the images that is used."""
    common = ("lecture", "--epochs", str(rounds + 1), "--share", str(scale))
    bf16 = (OURS, "ours.loop", *common, "--precision", "bf16")
    rows: Rows = {
        "textbook loop": [(PEERS, "peers.textbook", *common)],
        "Lightning, torchvision": [(PEERS, "peers.lightning", *common, "--data", "torchvision")],
        "Lightning, tensors in memory": [(PEERS, "peers.lightning", *common, "--data", "tensors")],
        "Keras on torch": [(PEERS, "peers.keras", *common, "--backend", "torch")],
        "Keras on JAX": [(PEERS, "peers.keras", *common, "--backend", "jax")],
        "ours, float32, one thread": [(OURS, "ours.loop", *common, "--precision", "float32")],
        "ours, bf16, one thread": [bf16],
        "ours, bf16, two threads": [(*bf16, "--threads", "2")],
        "ours, bf16, two variants at once": [(*bf16, "--seed", "1"), (*bf16, "--seed", "2")],
    }
    return race(rows, rounds) | {"share": scale}
