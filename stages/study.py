"""Compute what one exercise's or study's page is made of: `python stages/study.py <name>`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from importlib import import_module
from time import perf_counter

from nnlabs import config as params
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.core import runtime


def main(name: str) -> None:
    settings = params.load().studied()
    if name not in settings:
        raise UserError(f"study {name!r} is not in params.yaml; allowed: {', '.join(settings)}")
    runtime.configure(threads=1)
    from nnlabs.labs import record  # imports NumPy, which reads its thread settings then

    began = perf_counter()
    results, arrays = import_module(f"nnlabs.labs.{name}.compute").study(settings[name])
    record.write(name, results, arrays, perf_counter() - began)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python stages/study.py <name>")
    with one_line_errors():
        main(sys.argv[1])
