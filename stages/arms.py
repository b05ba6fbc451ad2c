"""Write down each lab and its arms, settled: `python stages/arms.py`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs import config as params
from nnlabs.core import paths
from nnlabs.core.errors import one_line_errors
from nnlabs.core.files import write_json

if __name__ == "__main__":
    with one_line_errors():
        settings = params.load()
        for lab in settings.labs:
            arms = {
                section: [{"name": name, **arm.model_dump(mode="json")} for name, arm in of_lab.items()]  # in order
                for section, of_lab in (("arms", settings.of_lab(lab)), ("extras", settings.left_out(lab)))
            }
            write_json(paths.arms(lab), {"lab": settings.labs[lab].model_dump(mode="json"), **arms})
