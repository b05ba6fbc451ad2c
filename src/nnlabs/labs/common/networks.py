"""The networks of a trained lab, drawn below each other for its page."""

from collections.abc import Sequence
from pathlib import Path

from nnlabs.reporting import figures, network
from nnlabs.reporting.findings import Findings

FILE = "networks.svg"


def draw(found: Findings, variants: Sequence[str], folder: Path) -> None:
    """Draw those of these variants whose layers are known."""
    known = _known(found, variants)
    if known:
        named = {found.results.named(key): found.of(key).scores.layers for key in known}
        figures.save(network.strips(named), folder / FILE, __name__)


def message(found: Findings, variants: Sequence[str]) -> str:
    """What the drawing shows, for those who do not see it; empty where there is none."""
    known = _known(found, variants)
    return "; ".join(network.message(found.results.named(key), found.of(key).scores.layers) for key in known)


def _known(found: Findings, variants: Sequence[str]) -> list[str]:
    return [key for key in variants if found.there(key) and found.of(key).scores.layers]
