"""Train one variant: `python stages/train.py <variant>`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs.core import runtime, settings
from nnlabs.core.errors import one_line_errors

if __name__ == "__main__":
    with one_line_errors():
        given = settings.of("train", sys.argv)
        chosen = given.parameters
        runtime.configure(chosen["variant"]["training"]["threads"])
        from nnlabs.training import variant  # imports torch, which reads its thread settings then
        from nnlabs.training.settings import Variant

        variant.train(Variant.of(chosen["variant"]), chosen["device"], chosen["precision"], given.digest)
