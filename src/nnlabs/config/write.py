"""The stage `settings`: one small file for every other stage."""

from pathlib import Path
from typing import Any

from nnlabs.config import memory, shadowed
from nnlabs.config.closure import Closures
from nnlabs.config.memo import Memo
from nnlabs.config.stages import stages
from nnlabs.config.variants import memo
from nnlabs.config.whole import load
from nnlabs.core import paths
from nnlabs.core.files import aside
from nnlabs.core.settings import as_text
from nnlabs.reporting import places


def compose() -> dict[str, dict[str, Any]]:
    """What each stage goes by, under the name that DVC addresses it with.

    Raises
    ------
    UserError
        Where params.yaml or the words of a lab are wrong.
    """
    return _composed(_closures(), _variants())


def _composed(closures: Closures, variants: Memo) -> dict[str, dict[str, Any]]:
    return {
        stage.name: {"parameters": stage.parameters, **closures.of([stage.script], stage.modules, stage.files)}
        for stage in stages(load(known=variants))
    }


def settings() -> None:
    """Write reports/settings: what changed, no other file, so that nothing else has a new time to be looked into."""
    closures, variants = _closures(), _variants()
    composed = {_path(name): as_text(content) for name, content in _composed(closures, variants).items()}
    for path in sorted(paths.SETTINGS.rglob("*.json")):
        if path not in composed:
            path.unlink()
    # a damaged one is written anew like any that changed
    before = {path: path.read_text(encoding="utf-8", errors="replace") for path in composed if path.exists()}
    memory.remember([*before.values(), *composed.values()], closures.sources())  # a fresh clone has those before alone
    for path, text in composed.items():
        if before.get(path) != text:
            with aside(path) as beside:
                beside.write_text(text, encoding="utf-8")
    places.statements().mkdir(parents=True, exist_ok=True)  # the report needs it, if only empty
    for line in shadowed.told():
        print(line, flush=True)
    closures.keep()
    variants.keep()


def _closures() -> Closures:
    return Closures(memo=paths.cache() / "sources.json")


def _variants() -> Memo:
    return memo(paths.cache() / "variants.json")


def _path(name: str) -> Path:
    kind, _, key = name.partition("@")
    return paths.settings(kind, key or None)
