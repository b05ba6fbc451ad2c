"""One params.yaml for both editions: an entry may hold `original`, what differs in that edition."""

from typing import Any, Literal

Edition = Literal["embedded", "original"]
EDITIONS: tuple[Edition, ...] = ("embedded", "original")
ONLY = "only"
"""In place of an edition, where an entry has no `original`: both editions have the same."""


def in_edition(entry: dict[str, Any], edition: str) -> dict[str, Any]:
    """The entry as it counts in this edition: `original` laid over it or left out.

    A mapping is laid over a mapping key by key, anything else replaces what was there.
    """
    settled = {key: value for key, value in entry.items() if key != "original"}
    if edition == "original":
        settled = _laid_over(settled, entry.get("original") or {})
    return settled


def _laid_over(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    both = {key: _laid_over(old[key], new[key]) for key in old.keys() & new if _mappings(old[key], new[key])}
    return old | new | both


def _mappings(*values: Any) -> bool:
    return all(isinstance(value, dict) for value in values)
