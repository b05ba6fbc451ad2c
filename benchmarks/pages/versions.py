"""Which sections were measured with which versions: they may have been measured apart."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class View:
    sections: dict[str, list[str]]  # by their versions


def view(results: dict[str, Any]) -> View | None:
    found: dict[str, list[str]] = {}
    for name, section in results.items():
        if versions := section.get("machine", {}).get("versions"):
            found.setdefault(", ".join(f"{key} {value}" for key, value in sorted(versions.items())), []).append(name)
    return View(found) if found else None
