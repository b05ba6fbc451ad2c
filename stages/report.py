"""Write the report's index and the page of what studies took: `python stages/report.py`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs import config as params
from nnlabs.core.errors import one_line_errors
from nnlabs.reporting.page import write_index
from nnlabs.reporting.runs import write_study_runs

if __name__ == "__main__":
    with one_line_errors():
        settings = params.load()
        write_study_runs(settings)
        write_index(settings)
