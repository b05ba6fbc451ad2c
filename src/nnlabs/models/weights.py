"""The files of trained networks."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import nn

from nnlabs import models
from nnlabs.core.errors import UserError

CONFIG = "nnlabs"
"""The one metadata key of a weights file: with several, safetensors' bytes vary between runs."""


def restore(path: Path) -> tuple[nn.Module, dict[str, Any]]:
    """Load a trained network, in evaluation mode, and its configuration.

    Raises
    ------
    UserError
        Where the file is missing or is no weights file of this project.
    """
    try:
        with safe_open(path, framework="pt") as file:
            config = json.loads(file.metadata()[CONFIG])
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118, not a mapping
    except FileNotFoundError:
        raise UserError(f"{path} is missing; `dvc repro train@{path.parent.name}` makes it") from None
    except (SafetensorError, TypeError, KeyError, ValueError) as error:
        raise UserError(f"{path} is not a weights file of nnlabs ({error}); train the variant again") from None
    family = models.family(config["variant"]["model"])
    settings = family.Settings.model_validate(config["variant"]["network"])
    network: nn.Module = family.build(settings, config["shape"], len(config["classes"]), config["mean"], config["std"])
    network.load_state_dict(state)
    return network.eval(), config
