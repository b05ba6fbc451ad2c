"""What differs between two settings files of a stage, in words: a line for each cause."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

WIDTH = 60
"""Characters of a value that are shown."""
Content = Mapping[str, Any]


class Defined(Protocol):
    """What a module defined, a hash for each name, when its meaning had this hash."""

    def __call__(self, module: str, digest: str) -> dict[str, str] | None: ...


def differences(old: Content, new: Content, defined: Defined) -> Iterator[str]:
    """Parameters, modules with what changed in them, other files and libraries."""
    yield from _parameters(old.get("parameters", {}), new.get("parameters", {}), "")
    yield from _modules(old.get("modules", {}), new.get("modules", {}), defined)
    for kind, label in (("files", "file"), ("libraries", "library")):
        yield from _pairs(label, old.get(kind, {}), new.get(kind, {}))


def _parameters(old: Any, new: Any, key: str) -> Iterator[str]:
    """Down to the smallest part that differs; an entry of a list is named by what tells it from the others."""
    if json.dumps(old) == json.dumps(new):  # which tells 1 from 1.0, as the file does
        return
    here, there = _mapping(old), _mapping(new)
    if here is None or there is None:
        before, after = _shown(old), _shown(new)
        yield f"parameter {key}: " + ("changed" if before == after else f"{before} -> {after}")
    else:
        if [name for name in here if name in there] != [name for name in there if name in here]:
            yield f"parameter {key}: in another order"
        for name in here | there:
            dotted = f"{key}.{name}".lstrip(".")
            if name not in here:
                yield f"parameter {dotted}: new{_value(there[name])}"
            elif name not in there:
                yield f"parameter {dotted}: gone{_value(here[name], 'was ')}"
            else:
                yield from _parameters(here[name], there[name], dotted)


def _mapping(value: Any) -> dict[str, Any] | None:
    """A mapping, or a list of mappings by their names; None for what is no such thing."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        for name in ("id", "lab"):
            keyed = {each[name]: each for each in value if name in each}
            if len(keyed) == len(value):
                return keyed
    return None


def _modules(old: Mapping[str, str], new: Mapping[str, str], defined: Defined) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield f"module {name}: now imported"
        elif name not in new:
            yield f"module {name}: no longer imported"
        elif old[name] != new[name]:
            yield f"module {name}: {_definitions(defined(name, old[name]), defined(name, new[name]))}"


def _definitions(old: dict[str, str] | None, new: dict[str, str] | None) -> str:
    if old is None or new is None:
        return "changed; its earlier source is not known here"
    changed = [name for name in {**new, **old} if old.get(name) != new.get(name)]
    marked = [f"{name} (new)" if name not in old else f"{name} (gone)" if name not in new else name for name in changed]
    return ", ".join(marked) or "in another order"


def _pairs(label: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield f"{label} {name}: new"
        elif name not in new:
            yield f"{label} {name}: no longer used"
        elif old[name] != new[name]:
            yield f"{label} {name}: " + (f"{old[name]} -> {new[name]}" if label == "library" else "changed")


def _value(value: Any, before: str = "") -> str:
    """A value that is short enough to be told."""
    shown = _shown(value)
    return "" if isinstance(value, dict | list) and shown.endswith("...") else f", {before}{shown}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= WIDTH else f"{text[:WIDTH]}..."
