"""Write the page of one lab: `python stages/page.py <lab>`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from importlib import import_module

from nnlabs.core import runtime, settings
from nnlabs.core.errors import one_line_errors

if __name__ == "__main__":
    with one_line_errors():
        given = settings.of("page", sys.argv)
        runtime.configure(threads=1)
        import_module(given.parameters["writer"]).write(given)
