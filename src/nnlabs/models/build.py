"""A network from its arm, and from its file."""

import json
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from safetensors import SafetensorError, safe_open
from torch import nn

from nnlabs.core.errors import UserError
from nnlabs.config import AnyArm, Arm

CONFIG = "nnlabs"
"""The one metadata key of a weights file: with several, safetensors' bytes vary between runs."""


def build(arm: Arm, shape: Sequence[int], classes: int, mean: Sequence[float], deviation: Sequence[float]) -> nn.Module:
    """Make the arm's network with fresh weights, drawn from torch's global generator.

    It takes uint8 images, N x C x H x W of the given shape (C, H, W), and returns logits, N x classes.
    Only the module of the arm's own family is imported.
    """
    family = import_module(f"nnlabs.models.{arm.model}")  # type: ignore[attr-defined]
    network: nn.Module = family.build(arm, shape, classes, arm.mean or mean, arm.deviation or deviation)
    return network


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
    arm: Arm = TypeAdapter(AnyArm).validate_python(config["arm"])
    network = build(arm, config["shape"], len(config["classes"]), config["mean"], config["deviation"])
    network.load_state_dict(state)
    return network.eval(), config
