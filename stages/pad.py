"""Write the page to draw digits on: `python stages/pad.py`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs.core import runtime, settings
from nnlabs.core.errors import one_line_errors

if __name__ == "__main__":
    with one_line_errors():
        given = settings.read("pad")
        runtime.configure(threads=1)
        from nnlabs.play.trained import digits  # imports NumPy, which reads its thread settings then
        from nnlabs.play.write import write

        write("pad", digits(given.parameters))
