"""Get and prepare one dataset: `python stages/data.py <dataset>`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs.core import runtime, settings
from nnlabs.core.errors import one_line_errors

if __name__ == "__main__":
    with one_line_errors():
        given = settings.of("data", sys.argv)
        runtime.configure(threads=1)
        from nnlabs.data.make import make  # imports NumPy, which reads its thread settings then

        make(given.key, given.parameters)
