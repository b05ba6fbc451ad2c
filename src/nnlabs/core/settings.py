"""What a stage goes by: the file that the stage `settings` wrote for it."""

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nnlabs.core import paths
from nnlabs.core.errors import UserError


@dataclass(frozen=True)
class StageSettings:
    """The settings of one instance of a stage."""

    stage: str
    key: str
    """Empty where there is but one instance."""
    parameters: dict[str, Any]
    digest: str
    """Of the whole file: of the parameters, of the code that the stage can import and of the libraries' versions."""


def read(stage: str, key: str = "") -> StageSettings:
    """Read what a stage goes by.

    Raises
    ------
    UserError
        Where the stage `settings` has written no such file.
    """
    path = paths.settings(stage, key or None)
    try:
        content = path.read_bytes()
        parameters = json.loads(content)["parameters"]
    except FileNotFoundError:
        there = ", ".join(sorted(other.stem for other in path.parent.glob("*.json"))) if key else ""
        raise UserError(
            f"{stage} {key}".rstrip() + f" has no settings; `dvc repro settings` makes {path.relative_to(paths.ROOT)}"
            f"{f', if params.yaml has it; there are: {there}' if there else ''}"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} cannot be read ({error}); `dvc repro -f settings` makes it") from None
    return StageSettings(stage, key, parameters, hashlib.sha256(content).hexdigest()[:16])


def of(stage: str, arguments: Sequence[str]) -> StageSettings:
    """The settings of the instance that a script's arguments name; without one, the script ends and says how."""
    if len(arguments) != 2:
        sys.exit(f"usage: python stages/{stage}.py <key>")
    return read(stage, arguments[1])
