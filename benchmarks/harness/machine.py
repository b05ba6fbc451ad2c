"""What the machine could do at most, and what an epoch needs: `<threads> <precision>...`.

Prints JSON: the rate of large matrix products, and the operations of training on and of
classifying one image, for each network.
"""

import json
import sys
import time

from harness import tasks, variants
from nnlabs.core import runtime

SIDE = 2048
"""Of the square matrices, large enough to reach the machine's best rate."""
REPEATS = 10


def main(threads: int, precisions: list[str]) -> None:
    runtime.configure(threads)
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from nnlabs.data import prepared

    def rate(dtype: torch.dtype) -> float:
        """The best rate of several products, GFLOP/s."""
        left, right = torch.randn(2, SIDE, SIDE).to(dtype)
        best = float("inf")
        for _ in range(REPEATS):
            began = time.perf_counter()
            left @ right
            best = min(best, time.perf_counter() - began)
        return 2 * SIDE**3 / best / 1e9

    def operations(name: str) -> dict[str, float]:
        """Operations an image: forward and backward, and forward alone."""
        variant = variants.named(name)
        shape = prepared.load(variant.dataset).shape
        network = variant.build(shape, 10, [0.5] * shape[0], [0.25] * shape[0])
        batch = variant.training.batch_size
        images = torch.zeros(batch, *shape, dtype=torch.uint8)
        with FlopCounterMode(display=False) as whole:
            network(images).sum().backward()
        with FlopCounterMode(display=False) as forward, torch.no_grad():
            network(images)
        passes = {"train": whole, "classify": forward}
        return {name: counter.get_total_flops() / batch for name, counter in passes.items()}

    dtypes = {"float32": torch.float32, "bf16": torch.bfloat16}
    rates = {precision: rate(dtypes[precision]) for precision in precisions}
    print(json.dumps({"gflops": rates, "operations": {task: operations(v) for task, v in tasks.VARIANTS.items()}}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
