"""Score one trained variant on its test split: `python stages/evaluate.py <variant>`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs.core import runtime, settings
from nnlabs.core.errors import one_line_errors

if __name__ == "__main__":
    with one_line_errors():
        given = settings.of("evaluate", sys.argv)
        runtime.configure(given.parameters["threads"])
        from nnlabs.evaluation import variant  # imports torch, which reads its thread settings then

        variant.evaluate(given.parameters)
