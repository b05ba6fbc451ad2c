"""Get and prepare one dataset: `python stages/data.py <dataset>`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs.core import settings
from nnlabs.core.errors import one_line_errors
from nnlabs.data.make import make

if __name__ == "__main__":
    with one_line_errors():
        given = settings.of("data", sys.argv)
        make(given.key, given.parameters)
