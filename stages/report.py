"""Write the report's index: `python stages/report.py`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs import params
from nnlabs.errors import one_line_errors
from nnlabs.reporting.page import write_index

if __name__ == "__main__":
    with one_line_errors():
        write_index(params.load())
