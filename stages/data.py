"""Get and prepare one dataset: `python stages/data.py <dataset>`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs import config as params
from nnlabs.data import prepare, text
from nnlabs.core.lock import turn
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.config import Text


def main(name: str) -> None:
    settings = params.load()
    if name not in settings.datasets:
        raise UserError(f"dataset {name!r} is not in params.yaml; allowed: {', '.join(settings.datasets)}")
    chosen = settings.datasets[name]
    with turn(name):
        if isinstance(chosen, Text):
            text.prepare(name, chosen, settings.edition_of(name))
        else:
            prepare.prepare(name, chosen, settings.edition_of(name), sample=settings.sample)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python stages/data.py <dataset>")
    with one_line_errors():
        main(sys.argv[1])
