"""The stage `data`: one entry of params.yaml's `datasets` becomes `data/<name>`."""

from importlib import import_module
from typing import Any

from nnlabs.core import paths
from nnlabs.core.files import write_json
from nnlabs.core.lock import turn
from nnlabs.data.rows import pixels
from nnlabs.data.settings import kind_of


def make(name: str, parameters: dict[str, Any]) -> None:
    """Write `data/<name>` and the record of who served it, by the stage's `parameters`: dataset, edition, sample.

    Raises
    ------
    UserError
        Where no source serves the origin, or the settings ask for what it does not have.
    """
    entry = parameters["dataset"]
    settings = kind_of(f"datasets.{name}", entry).model_validate(entry)
    maker = import_module(settings.modules()[0])
    with turn(name):
        pixels(name).unlink(missing_ok=True)  # what a run that was killed left, maybe in the other edition
        served = maker.make(name, settings, parameters["edition"], sample=parameters["sample"])
    write_json(paths.served(name), served)
