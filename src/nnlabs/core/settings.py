"""What a stage goes by: the file that the stage `settings` wrote for it."""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnlabs.core import paths
from nnlabs.core.errors import UserError

CHECKSUM = "sha256"
"""The key of a settings file that holds the hash of all the rest."""


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
        Where the stage `settings` has written no such file, or other bytes.
    """
    path = paths.settings(stage, key or None)
    try:
        content = path.read_bytes()
        found = json.loads(content)
        if as_text({name: found[name] for name in found if name != CHECKSUM}).encode() != content:
            raise ValueError("it was altered since it was written")
        parameters = found["parameters"]
    except FileNotFoundError:
        there = ", ".join(sorted(other.stem for other in path.parent.glob("*.json"))) if key else ""
        raise UserError(
            f"{stage} {key}".rstrip() + f" has no settings; `dvc repro settings` makes {path.relative_to(paths.ROOT)}"
            f"{f', if params.yaml has it; there are: {there}' if there else ''}"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} cannot be read ({error}); `dvc repro -f settings` makes it") from None
    return StageSettings(stage, key, parameters, hashlib.sha256(content).hexdigest()[:16])


def as_text(content: Mapping[str, Any]) -> str:
    """A settings file: text that depends on the content alone, with its checksum.

    A stage can run without DVC, which would notice that the file was altered.
    """
    digest = hashlib.sha256(_as_json(content).encode()).hexdigest()
    return _as_json({**content, CHECKSUM: digest})


def _as_json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def of(stage: str, arguments: Sequence[str]) -> StageSettings:
    """The settings of the instance that a script's arguments name; without one, the script ends and says how."""
    if len(arguments) != 2:
        sys.exit(f"usage: python stages/{stage}.py <key>")
    return read(stage, arguments[1])
