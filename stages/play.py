"""Write one page to play with: `python stages/play.py <page>`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs.core import settings
from nnlabs.core.errors import one_line_errors
from nnlabs.play.write import write

if __name__ == "__main__":
    with one_line_errors():
        given = settings.of("play", sys.argv)
        write(given.key, given.parameters)
