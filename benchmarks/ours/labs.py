"""Train and evaluate variants one after the other, in one process: `<variant> ...`.

The work of stages/features.py, train.py and evaluate.py, by their settings in the folder where it runs.
"""

import os
import sys
import time

from nnlabs.core import paths, runtime, settings
from nnlabs.core.errors import one_line_errors


def main(names: list[str]) -> None:
    runtime.configure(os.cpu_count() or 1)
    import torch

    from nnlabs.evaluation.variant import evaluate
    from nnlabs.training.settings import Variant
    from nnlabs.training.variant import train

    for name in names:
        began = time.monotonic()
        given = settings.read("train", name)
        chosen = Variant.of(given.parameters["variant"])
        if not paths.dataset(chosen.dataset).exists() and paths.settings("features", chosen.dataset).exists():
            make_features(chosen.dataset)
        torch.cuda.reset_peak_memory_stats()
        train(chosen, *_where(given), given.digest)
        evaluate(settings.read("evaluate", name).parameters)
        print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)


def make_features(name: str) -> None:
    from nnlabs.models import features
    from nnlabs.models.pretrained import FeatureSettings

    given = settings.read("features", name)
    features.write(name, FeatureSettings.model_validate(given.parameters["features"]), *_where(given))


def _where(given: settings.StageSettings) -> tuple[str, str]:
    """Device and precision."""
    return given.parameters["device"], given.parameters["precision"]


if __name__ == "__main__":
    with one_line_errors():
        main(sys.argv[1:])
