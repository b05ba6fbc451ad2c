"""Write the report's index, or with `runs` the page about machines: `python stages/report.py [runs]`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs import params
from nnlabs.errors import one_line_errors
from nnlabs.reporting.page import write_index, write_machine

if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["runs"]):
        sys.exit("usage: python stages/report.py [runs]")
    with one_line_errors():
        (write_machine if sys.argv[1:] else write_index)(params.load())
