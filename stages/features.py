"""Compute the activations of one pretrained, frozen backbone: `python stages/features.py <features>`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs.core import runtime, settings
from nnlabs.core.errors import one_line_errors

if __name__ == "__main__":
    with one_line_errors():
        given = settings.of("features", sys.argv)
        runtime.configure(given.parameters["features"]["threads"])
        from nnlabs.models import features  # imports torch, which reads its thread settings then

        features.make(given.key, given.parameters)
