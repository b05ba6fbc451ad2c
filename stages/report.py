"""Write the report's index, and what every lab took: `python stages/report.py`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs.core import settings
from nnlabs.core.errors import one_line_errors
from nnlabs.reporting import index

if __name__ == "__main__":
    with one_line_errors():
        index.write(settings.read("report").parameters)
