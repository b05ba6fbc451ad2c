"""Deep networks against plain torchvision code, training and classifying; and AdaMax against torch's."""

import os
from collections.abc import Sequence
from typing import Any

from harness.deep import CASES, CLASSES, PRECISIONS
from harness.races import OURS, Rows, race

IMAGES = {"resnet50": 192, "resnet50-large": 64, "mobilenet": 128}
"""That a turn trains on; it classifies four times as many. Rates in a turn of a second or two are what is asked for."""
THREADS = os.cpu_count() or 1


def measure(rounds: int, scale: float, precision: str) -> dict[str, Any]:
    """Seconds of turns of so many images, and of updates, round by round; in float32 and in our precision."""
    precisions = [each for each in PRECISIONS if each in ("float32", precision)]
    return {
        "train": networks("train", rounds, scale, precisions),
        "classify": networks("classify", rounds, scale, precisions),
        "operations": {case: operations(case) for case in IMAGES},
        "updates": updates(rounds),
        "threads": THREADS,
    }


def networks(mode: str, rounds: int, scale: float, precisions: Sequence[str]) -> dict[str, Any]:
    """A race a network: the processes of all of them would not fit into a small machine's memory."""
    images = {case: max(1, round(scale * many * (4 if mode == "classify" else 1))) for case, many in IMAGES.items()}
    found: dict[str, Any] = {"images": images, "seconds": {}, "disturbed": 0, "idle_cores": 0.0}
    for case, many in images.items():
        rows: Rows = {}
        for precision in precisions:
            rows[f"products, {case}, {precision}"] = [(OURS, "harness.products", precision)]
            common = (case, mode, "--precision", precision, "--images", str(many))
            rows[f"torchvision, {case}, {precision}"] = [(OURS, "peers.torchvision", *common)]
            rows[f"ours, {case}, {precision}"] = [(OURS, "ours.deep", *common, "--threads", str(THREADS))]
        one = race(rows, rounds, alone=True)
        found["seconds"] |= one["seconds"]
        found["disturbed"] += one["disturbed"]
        found["idle_cores"] = max(found["idle_cores"], one["idle_cores"])
    return found


def operations(case: str) -> float:
    """Multiplications and additions that classifying an image takes."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from nnlabs.models.vision import torchvision

    network, size, _ = CASES[case]
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:  # shapes, no numbers
        getattr(torchvision.models, network)(num_classes=CLASSES).eval()(torch.empty(1, 3, size, size))
    return counter.get_total_flops()


def updates(rounds: int) -> dict[str, Any]:
    """ResNet-50's weights, by each optimizer on one thread and on all."""
    rows: Rows = {
        f"{title}, {threads}": [(OURS, module, optimizer, "--threads", str(threads))]
        for threads in sorted({1, THREADS})
        for title, module, optimizer in (
            ("torch-adamax", "peers.adamax", "adamax"),
            ("adamax", "ours.updates", "adamax"),
            ("adam", "ours.updates", "adam"),
        )
    }
    return race(rows, rounds, alone=True)
