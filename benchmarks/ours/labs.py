"""Train and evaluate arms one after the other, in one process: `python benchmarks/gpu_labs.py <variant> ...`.

The work of stages/features.py, train.py and evaluate.py, in the folder where it runs.
"""

import os
import sys
import time

from nnlabs import config as params
from nnlabs.core import paths, runtime
from nnlabs.core.errors import one_line_errors


def main(names: list[str]) -> None:
    settings = params.load()
    runtime.configure(os.cpu_count() or 1)
    import torch

    from nnlabs.evaluation.variant import evaluate
    from nnlabs.models import features
    from nnlabs.training import variant

    for name in names:
        arm, began = settings.arms[name], time.monotonic()
        if arm.dataset in settings.features and not paths.dataset(arm.dataset).exists():
            features.write(arm.dataset, settings)
        torch.cuda.reset_peak_memory_stats()
        variant.train(name, settings)
        evaluate(name, arm, settings.device)
        print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    with one_line_errors():
        main(sys.argv[1:])
