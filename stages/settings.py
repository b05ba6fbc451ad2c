"""Check params.yaml and write what every other stage goes by: `python stages/settings.py`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs.config import write
from nnlabs.core.errors import one_line_errors

if __name__ == "__main__":
    with one_line_errors():
        write.settings()
