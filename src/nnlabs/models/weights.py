"""The files of trained networks."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from nnlabs import models
from nnlabs.core.errors import UserError
from nnlabs.core.files import aside

CONFIG = "nnlabs"
"""The one metadata key of a weights file: with several, safetensors' bytes vary between runs."""


def save(path: Path, state: dict[str, Tensor], config: dict[str, Any]) -> None:
    """Write a network's state with its configuration, which says how to build it and how it was trained."""
    contiguous = {key: value.cpu().contiguous() for key, value in state.items()}
    with aside(path) as beside:
        save_file(contiguous, beside, metadata={CONFIG: json.dumps(config, sort_keys=True)})


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
        family = models.family(config["variant"]["model"])
        settings = family.Settings.model_validate(config["variant"]["network"])
    except FileNotFoundError:
        raise UserError(f"{path} is missing; `dvc repro train@{path.parent.name}` makes it") from None
    except (SafetensorError, TypeError, KeyError, ValueError, ImportError) as error:
        raise UserError(f"{path} is not a weights file of nnlabs ({error}); train the variant again") from None
    network: nn.Module = family.build(settings, config["shape"], len(config["classes"]), config["mean"], config["std"])
    network.load_state_dict(state)
    return network.eval(), config
