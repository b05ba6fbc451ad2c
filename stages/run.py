"""Write the page about one lab's runs: `python stages/run.py <lab>`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs import config as params
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.reporting.runs import write_runs


def main(lab: str) -> None:
    settings = params.load()
    if lab not in settings.labs:
        raise UserError(f"lab {lab!r} is not in params.yaml; allowed: {', '.join(settings.labs)}")
    write_runs(lab, settings)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python stages/run.py <lab>")
    with one_line_errors():
        main(sys.argv[1])
