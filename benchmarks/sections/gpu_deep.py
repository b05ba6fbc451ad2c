"""The deep networks on a GPU, in turns of one process: `<rounds> <file to write>`."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ours.deep
import peers.torchvision
from harness import deep
from harness.products import OPERATIONS
from nnlabs.core import runtime
from sections.deep import operations

if TYPE_CHECKING:
    import torch

SIDE, PRODUCTS = 8192, 5
"""Square matrices, and how many products a turn: what fills a processor would leave a card idle."""
STEPS = {"train": 20, "classify": 60}
"""A turn."""


def main(rounds: int, path: Path) -> None:
    """Write the same figures as sections/deep.py's, so that the same table shows them."""
    runtime.configure(1)
    from nnlabs.core import devices  # imports torch, which reads its thread settings then

    card = devices.device("cuda")
    found: dict[str, Any] = {"operations": {case: operations(case) for case in deep.CASES}}
    for mode, steps in STEPS.items():
        images = {case: steps * told.batch for case, told in deep.CASES.items()}
        seconds: dict[str, list[float]] = {}
        for case in deep.CASES:
            seconds |= race(turns(case, mode, card), rounds)
        found[mode] = {"images": images, "seconds": seconds}
    path.write_text(json.dumps(found), encoding="utf-8")


def race(rows: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each row's turn, round by round, after one round to warm up."""
    import torch

    seconds: dict[str, list[float]] = {row: [] for row in rows}
    for counts in [False] + rounds * [True]:
        for row, turn in rows.items():
            # Ours give the same bytes again; a tutorial's take what is fastest.
            torch.backends.cudnn.deterministic = row.startswith("ours")
            taken = turn()
            if counts:
                seconds[row].append(taken)
    return seconds


def turns(case: str, mode: str, card: "torch.device") -> dict[str, Callable[[], float]]:
    """What takes a turn for one network: large products, torchvision and ours, in either precision."""
    import torch

    told, rows = deep.CASES[case], {}
    torch.manual_seed(0)
    pixels = torch.randint(256, (told.batch, 3, told.size, told.size), dtype=torch.uint8, device=card)
    labels = torch.randint(deep.CLASSES, (told.batch,), device=card)
    for precision, dtype in zip(deep.PRECISIONS, (torch.float32, torch.bfloat16), strict=True):
        left, right = torch.randn(2, SIDE, SIDE, device=card).to(dtype)
        batch = told, precision, pixels, labels
        own, plain = (
            (code.training if mode == "train" else code.classifying)(*batch) for code in (ours.deep, peers.torchvision)
        )
        rows[f"products, {case}, {precision}"] = scaled(timed(left.matmul, PRODUCTS, right))
        rows[f"torchvision, {case}, {precision}"] = timed(plain, STEPS[mode])
        rows[f"ours, {case}, {precision}"] = timed(own, STEPS[mode])
    return rows


def timed(step: Callable[..., object], times: int, *arguments: Any) -> Callable[[], float]:
    """A turn of so many steps, which returns its seconds."""
    import torch

    def turn() -> float:
        torch.cuda.synchronize()
        began = time.perf_counter()
        for _ in range(times):
            step(*arguments)
        torch.cuda.synchronize()
        return time.perf_counter() - began

    return turn


def scaled(products: Callable[[], float]) -> Callable[[], float]:
    """Seconds that the smaller products of harness.products would take at the rate of these."""
    return lambda: products() * OPERATIONS / (2 * SIDE**3 * PRODUCTS)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
