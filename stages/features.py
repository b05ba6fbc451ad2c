"""Compute the activations of one pretrained, frozen backbone: `python stages/features.py <features>`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs.core import runtime, settings
from nnlabs.core.errors import one_line_errors

if __name__ == "__main__":
    with one_line_errors():
        given = settings.of("features", sys.argv)
        chosen = given.parameters
        runtime.configure(chosen["features"]["threads"])
        from nnlabs.models import features  # imports torch, which reads its thread settings then
        from nnlabs.models.pretrained import FeatureSettings

        wanted = FeatureSettings.model_validate(chosen["features"])
        features.write(given.key, wanted, chosen["device"], chosen["precision"])
