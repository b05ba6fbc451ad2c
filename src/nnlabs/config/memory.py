"""What stages went by before, kept beside the downloads: `make why` compares with it.

A settings file is kept under the hash that dvc.lock has of it, a module's definitions under the module's own.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nnlabs.config.meaning import definitions
from nnlabs.core import paths
from nnlabs.core.files import aside


def remember(settings: Iterable[str], sources: dict[str, str]) -> None:
    """Keep settings files, by content, and what the modules define: `sources` has each module's text by its hash."""
    for text in settings:
        _keep(_settings(md5(text)), text)
    for digest, source in sources.items():
        if not _definitions(digest).exists():
            _keep(_definitions(digest), json.dumps(definitions(source)))


def md5(text: str) -> str:
    """The hash under which dvc.lock knows a file of this text."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def settings(digest: str) -> dict[str, Any] | None:
    """The settings file that dvc.lock knows under this hash; None where it was never written here."""
    found: dict[str, Any] | None = _read(_settings(digest))
    return found


def defined(digest: str) -> dict[str, str] | None:
    """What the module with this hash defined; None where it was never seen here."""
    found: dict[str, str] | None = _read(_definitions(digest))
    return found


def _settings(digest: str) -> Path:
    return paths.cache() / "settings" / f"{digest}.json"


def _definitions(digest: str) -> Path:
    return paths.cache() / "definitions" / f"{digest}.json"


def _keep(path: Path, text: str) -> None:
    if not path.exists():
        with aside(path) as beside:
            beside.write_text(text, encoding="utf-8")


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
