"""What was changed in params.yaml and counts for nothing in its edition, since `original` stands over it."""

from collections.abc import Iterator
from typing import Any

import yaml

from nnlabs.config.reading import SAFE_LOADER, read_yaml
from nnlabs.core import paths


def told() -> list[str]:
    """A line for each value that is another one than dvc.lock has of the last run, and has no effect."""
    raw = read_yaml(paths.PARAMS)
    if raw.get("edition") != "original":
        return []
    try:
        lock = yaml.load((paths.ROOT / "dvc.lock").read_text(encoding="utf-8"), Loader=SAFE_LOADER)
        before = lock["stages"]["settings"]["params"][paths.PARAMS.name]
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError):
        return []  # nothing has run yet, or DVC will say what is wrong with its file
    return list(_changed("", raw, before))


def _changed(where: str, new: Any, old: Any) -> Iterator[str]:
    """Of a mapping, wherever it stands in the file."""
    if not isinstance(new, dict) or not isinstance(old, dict):
        return
    if isinstance(over := new.get("original"), dict):
        yield from _without_effect(where, f"{where}original.", new, old, over)
    for key, value in new.items():
        if key != "original":
            yield from _changed(f"{where}{key}.", value, old.get(key))


def _without_effect(
    where: str, stands: str, new: dict[str, Any], old: dict[str, Any], over: dict[str, Any]
) -> Iterator[str]:
    for key in (key for key in new if key in over and key in old):
        if all(isinstance(each[key], dict) for each in (new, old, over)):
            yield from _without_effect(f"{where}{key}.", f"{stands}{key}.", new[key], old[key], over[key])
        elif new[key] != old[key]:
            yield (
                f"params.yaml: {where}{key}: {new[key]!r} has no effect in the original edition, where "
                f"{stands}{key} stands in its place; change that"
            )
