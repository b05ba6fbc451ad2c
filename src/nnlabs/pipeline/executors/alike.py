"""Whether two machines make the same of a stage: by their Python, what is installed, and the code that runs stages."""

import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from typing import Any

from nnlabs import core
from nnlabs.core import paths
from nnlabs.pipeline import executors
from nnlabs.pipeline.executors.contents import sha256

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def versions(packages: Iterable[str]) -> dict[str, str | None]:
    """Of installed packages; None: not installed."""
    found: dict[str, str | None] = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def code() -> dict[str, str]:
    """The hashes of the modules that do this here, by their paths in the package."""
    folders = (Path(core.__file__).parent, Path(executors.__file__).parent)
    package = folders[0].parent
    return {
        path.relative_to(package).as_posix(): sha256(path) for each in folders for path in sorted(each.glob("*.py"))
    }


def packages() -> dict[str, str]:
    """What is installed here of what requirements.lock pins."""
    pinned = {line.partition("==")[0].strip().lower() for line in _lines(paths.ROOT / "requirements.lock")}
    return {name: each.version for each in distributions() if (name := each.name).lower() in pinned | {"nnlabs"}}


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def refusal(about: dict[str, Any], expected: dict[str, str], code: dict[str, str]) -> str | None:
    """Why a machine cannot be used, in words, if it cannot: it has to have this code, and these packages."""
    if about["python"] != PYTHON:
        return f"its Python is {about['python']}, here it is {PYTHON}"
    differing = [name for name, version in expected.items() if about["versions"].get(name) != version]
    if differing:
        found = about["versions"]
        told = [f"{name} is {found.get(name) or 'missing'}, here {expected[name]}" for name in differing[:3]]
        more = f", and {len(differing) - 3} more" if len(differing) > 3 else ""
        return f"it has other libraries ({'; '.join(told)}{more}): `make setup` there"
    there = about["code"]
    other = sorted(name for name in code.keys() | there.keys() if code.get(name) != there.get(name))
    if other:
        return f"its nnlabs is of another commit (src/nnlabs/{other[0]} differs): `git pull` there"
    return None
