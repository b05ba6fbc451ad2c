"""What dvc.lock says, checked, and whether the run that it tells of is complete."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from nnlabs.config.messages import validated
from nnlabs.config.reading import SAFE_LOADER, read_yaml
from nnlabs.core.errors import UserError, said
from nnlabs.core.fields import Frozen
from nnlabs.data.download import file_hash
from nnlabs.pipeline.lockfile import NAME, RESTORE
from nnlabs.reporting.hashes import folder

WORKFLOW = "dvc.yaml"
LEFT_OUT = ("data/", "models/", "predictions/")
"""Folders that git does not have."""


class Entry(Frozen, extra="ignore"):
    """What a stage read or made."""

    path: str
    md5: str
    size: int = 0


class Stage(Frozen, extra="ignore"):
    deps: tuple[Entry, ...] = ()
    outs: tuple[Entry, ...] = ()


class Lock(Frozen, extra="ignore"):
    stages: dict[str, Stage]


class Template(Frozen, extra="ignore"):
    foreach: str | None = None


class Workflow(Frozen, extra="ignore"):
    """Of dvc.yaml what says which stages there are."""

    stages: dict[str, Template]


def read(root: Path) -> Lock:
    """That of a checkout.

    Raises
    ------
    UserError
        Where it is missing or damaged.
    """
    try:
        return parse((root / NAME).read_bytes())
    except OSError as error:
        raise UserError(f"{NAME} cannot be read ({said(error)}); {RESTORE}") from None


def parse(content: bytes) -> Lock:
    """What a dvc.lock of this content says.

    Raises
    ------
    UserError
        Where it is damaged.
    """
    try:
        return validated(Lock, yaml.load(content, Loader=SAFE_LOADER), NAME)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise UserError(f"{NAME} cannot be read ({said(error)}); {RESTORE}") from None
    except UserError as error:
        raise UserError(f"{error}; {RESTORE}") from None


def unfinished(root: Path, lock: Lock, knobs: dict[str, Any]) -> dict[str, str]:
    """The stages of which a complete run would have other results, or more, than are here; of each the first reason.

    `knobs` is params.yaml. Whether data, weights and predictions are on the disk does not matter: a clone lacks them.

    Raises
    ------
    UserError
        Where dvc.yaml cannot be read.
    """
    made = {out.path: out.md5 for stage in lock.stages.values() for out in stage.outs}
    here: dict[str, str] = {}

    def reasons(name: str) -> Iterator[str]:
        if name not in lock.stages:
            yield "it has not run"
            return
        for each in (*lock.stages[name].deps, *lock.stages[name].outs):
            if made.get(each.path, each.md5) != each.md5:
                yield f"{each.path} was made anew since"
            elif not each.path.startswith(LEFT_OUT):
                if each.path not in here:
                    here[each.path] = _hash(root / each.path)
                if here[each.path] != each.md5:
                    yield f"{each.path} is {'another' if (root / each.path).exists() else 'missing'}"

    workflow = validated(Workflow, read_yaml(root / WORKFLOW), WORKFLOW)
    found = {name: next(reasons(name), "") for name in _names(workflow, knobs)}
    return {name: reason for name, reason in found.items() if reason}


def _names(workflow: Workflow, knobs: dict[str, Any]) -> Iterator[str]:
    """Of all stages: those of `foreach: ${section}` once for each of its entries."""
    for name, template in workflow.stages.items():
        if not template.foreach:
            yield name
            continue
        section: Any = knobs
        for key in template.foreach.strip("${}").split("."):
            section = section.get(key) if isinstance(section, dict) else None
        if not isinstance(section, dict | list):
            raise UserError(f"{WORKFLOW}: stages.{name}.foreach: params.yaml has no entries {template.foreach}")
        yield from (f"{name}@{key}" for key in section)


def _hash(path: Path) -> str:
    """As DVC has it; what is missing is an empty folder, which git does not keep."""
    if path.is_file():
        return file_hash(path, "md5")
    files = (each for each in path.rglob("*") if each.is_file() and "__pycache__" not in each.parts)
    return folder({each.relative_to(path).as_posix(): file_hash(each, "md5") for each in files})
