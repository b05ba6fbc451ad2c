"""Print what each stage goes by, composed now and written nowhere: `python -m nnlabs.config`."""

import json
import sys

from nnlabs.config.write import compose
from nnlabs.core.errors import one_line_errors

if __name__ == "__main__":
    with one_line_errors():
        json.dump(compose(), sys.stdout)
