"""The files of trained networks."""

from pathlib import Path
from typing import Any

from safetensors.torch import load
from safetensors.torch import save as packed
from torch import Tensor, nn

from nnlabs import models
from nnlabs.core import sealed
from nnlabs.core.errors import UserError, said


def save(path: Path, state: dict[str, Tensor], config: dict[str, Any]) -> None:
    """Write a network's state with its configuration, which says how to build it and how it was trained."""
    contiguous = {key: value.cpu().contiguous() for key, value in state.items()}
    sealed.write(path, packed(contiguous, sealed.metadata(config)))


def restore(path: Path) -> tuple[nn.Module, dict[str, Any]]:
    """Load a trained network, in evaluation mode, and its configuration.

    Raises
    ------
    UserError
        Where the file is missing, damaged, or of a network that is no longer there.
    """
    try:
        content, config = sealed.read(path)
        family = models.family(config["variant"]["model"])
        settings = family.Settings.model_validate(config["variant"]["network"])
        network: nn.Module = family.build(
            settings, config["shape"], len(config["classes"]), config["mean"], config["std"]
        )
        network.load_state_dict(load(content))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; `dvc repro train@{path.parent.name}` makes it") from None
    # beside damage: what another version of the code wrote, of which settings, module or layers are others now
    except (OSError, ValueError, KeyError, TypeError, ImportError, RuntimeError, UserError) as error:
        raise UserError(f"{path} is not a weights file of nnlabs ({said(error)}); train the variant again") from None
    return network.eval(), config
