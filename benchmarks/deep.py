"""Deep networks against plain torchvision code, training and classifying; and AdaMax against torch's."""

import os
from typing import Any

from races import OURS, Rows, race

IMAGES = {"resnet50": 192, "resnet50-large": 64, "mobilenet": 128}
"""That a turn trains on; it classifies four times as many. Rates in a turn of a second or two are what is asked for."""
PRECISIONS = ("float32", "bf16")
THREADS = os.cpu_count() or 1


def measure(rounds: int, scale: float) -> dict[str, Any]:
    """Seconds of turns of so many images, and of updates, round by round."""
    return {
        "train": networks("train", rounds, scale),
        "classify": networks("classify", rounds, scale),
        "updates": updates(rounds),
        "threads": THREADS,
    }


def networks(mode: str, rounds: int, scale: float) -> dict[str, Any]:
    images = {case: max(1, round(scale * many * (4 if mode == "classify" else 1))) for case, many in IMAGES.items()}
    rows: Rows = {}
    for case, many in images.items():
        for precision in PRECISIONS:
            common = (case, mode, "--precision", precision, "--images", str(many))
            for who, threads in (("torchvision", ()), ("ours", ("--threads", str(THREADS)))):
                rows[f"{who}, {case}, {precision}"] = [(OURS, "deep_steps.py", who, *common, *threads)]
    tell = ("operations",) if mode == "classify" else ()
    return race(rows, rounds, tell=tell, alone=True) | {"images": images}


def updates(rounds: int) -> dict[str, Any]:
    """ResNet-50's weights, by each optimizer on one thread and on all."""
    rows: Rows = {
        f"{optimizer}, {threads}": [(OURS, "deep_updates.py", optimizer, "--threads", str(threads))]
        for threads in sorted({1, THREADS})
        for optimizer in ("torch-adamax", "adamax", "adam")
    }
    return race(rows, rounds, alone=True)
