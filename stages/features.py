"""Compute the activations of one pretrained, frozen backbone: `python stages/features.py <name>`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs import config as params
from nnlabs.core.lock import turn
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.core import runtime


def main(name: str) -> None:
    settings = params.load()
    if name not in settings.features:
        raise UserError(f"features {name!r} is not in params.yaml; allowed: {', '.join(settings.features) or 'none'}")
    runtime.configure(settings.features[name].threads)
    from nnlabs.models.features import write  # imports torch, which reads its thread settings then

    with turn(name):
        write(name, settings)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python stages/features.py <name>")
    with one_line_errors():
        main(sys.argv[1])
