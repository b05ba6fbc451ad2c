"""The stage `settings`: one small file for every other stage."""

import json
from pathlib import Path
from typing import Any

from nnlabs.config import memory
from nnlabs.config.closure import Closures
from nnlabs.config.stages import stages
from nnlabs.config.whole import load
from nnlabs.core import paths
from nnlabs.core.files import aside


def compose() -> dict[str, dict[str, Any]]:
    """What each stage goes by, under the name that DVC addresses it with.

    Raises
    ------
    UserError
        Where params.yaml or the words of a lab are wrong.
    """
    return _composed(_closures())


def _composed(closures: Closures) -> dict[str, dict[str, Any]]:
    return {
        stage.name: {"parameters": stage.parameters, **closures.of([stage.script], stage.modules, stage.files)}
        for stage in stages(load())
    }


def settings() -> None:
    """Write reports/settings: what changed, no other file, so that nothing else has a new time to be looked into."""
    closures = _closures()
    composed = {_path(name): as_text(content) for name, content in _composed(closures).items()}
    for path in sorted(paths.SETTINGS.rglob("*.json")):
        if path not in composed:
            path.unlink()
    for path, text in composed.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            with aside(path) as beside:
                beside.write_text(text, encoding="utf-8")
    memory.remember(composed.values(), closures.sources())
    closures.keep()


def _closures() -> Closures:
    return Closures(memo=paths.cache() / "sources.json")


def _path(name: str) -> Path:
    kind, _, key = name.partition("@")
    return paths.settings(kind, key or None)


def as_text(content: dict[str, Any]) -> str:
    """A settings file."""
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
