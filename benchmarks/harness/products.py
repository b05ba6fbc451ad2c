"""Products of large square matrices, which are the machine's limit: `float32` or `bf16`."""

import argparse
import os

from harness.machine import SIDE
from harness.protocol import Turns
from nnlabs.core import runtime

PRODUCTS = 10
"""A turn."""
OPERATIONS = 2 * SIDE**3 * PRODUCTS


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("precision", choices=["float32", "bf16"])
    runtime.configure(os.cpu_count() or 1)
    import torch

    turns = Turns()
    dtype = torch.bfloat16 if parser.parse_args().precision == "bf16" else torch.float32
    left, right = torch.randn(2, SIDE, SIDE).to(dtype)
    while True:
        for _ in range(PRODUCTS):
            left @ right
        turns.end()


if __name__ == "__main__":
    main()
