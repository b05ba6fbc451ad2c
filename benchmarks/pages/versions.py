"""Which sections were measured with which versions: they may have been measured apart."""

from dataclasses import dataclass
from typing import Any

from harness.kinds import records


@dataclass(frozen=True)
class View:
    sections: dict[str, list[str]]  # by their versions


def view(results: dict[str, Any]) -> View | None:
    found: dict[str, list[str]] = {}
    for section, content in results.items():
        there = records(results, section)
        named = {f"{section} in {each['precision']}" if len(there) > 1 else section: each for each in there}
        for name, record in (named or {section: content}).items():
            if versions := record.get("machine", {}).get("versions"):
                told = ", ".join(f"{key} {value}" for key, value in sorted(versions.items()))
                found.setdefault(told, []).append(name)
    return View(found) if found else None
