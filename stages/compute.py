"""Compute what one lab's page is made of, beside its variants: `python stages/compute.py <lab>`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs.core import runtime, settings
from nnlabs.core.errors import one_line_errors

if __name__ == "__main__":
    with one_line_errors():
        given = settings.of("compute", sys.argv)
        runtime.configure(threads=1)
        if (given.parameters["knobs"] or {}).get("portable"):
            from nnlabs.labs.common import portable

            portable.begin_anew()
        from nnlabs.labs.common import computing  # imports NumPy, which reads its thread settings then

        computing.compute(given.parameters)
