"""Train and evaluate variants one after the other, in one process: `<variant> ...`.

The work of stages/features.py, train.py and evaluate.py, in the folder where it runs.
"""

import os
import sys
import time

from harness import variants
from nnlabs.core import paths, runtime
from nnlabs.core.errors import one_line_errors


def main(names: list[str]) -> None:
    settings = variants.settings()
    runtime.configure(os.cpu_count() or 1)
    import torch

    from nnlabs.evaluation.variant import evaluate
    from nnlabs.models import features
    from nnlabs.training import variant

    for name in names:
        told, began = settings.arms[name], time.monotonic()
        if told.dataset in settings.features and not paths.dataset(told.dataset).exists():
            features.write(told.dataset, settings)
        torch.cuda.reset_peak_memory_stats()
        variant.train(name, settings)
        evaluate(name, told, settings.device)
        print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    with one_line_errors():
        main(sys.argv[1:])
