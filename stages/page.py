"""Write the page of one lab, exercise or study: `python stages/page.py <name>`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs import config as params
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.reporting.page import write_lab, write_study


def main(name: str) -> None:
    settings = params.load()
    if name in settings.labs:
        write_lab(name, settings)
    elif name in settings.studied():
        write_study(name, settings)
    else:
        allowed = ", ".join([*settings.labs, *settings.studied()])
        raise UserError(f"page {name!r} is not in params.yaml; allowed: {allowed}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python stages/page.py <name>")
    with one_line_errors():
        main(sys.argv[1])
