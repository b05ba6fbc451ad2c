"""Names that others chose, of classes and folders, as a place can show them: Markdown, code in it, or a figure."""

import re
from collections.abc import Sequence
from functools import cache

from matplotlib.font_manager import FontProperties, findfont, get_font

from nnlabs.reporting.figures import STYLE

LONGEST = 24
"""Letters of a name that a figure has room for."""
SPECIAL = re.compile(r"[\\`*\[\]|~]|(?<![^\W_])_|_(?![^\W_])")
"""What Markdown takes for its own; an underscore inside a word is one."""
HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "<span>$</span>"}
"""What is HTML, or mathematics, which a forge takes out of Markdown before it looks for anything else."""


def in_markdown(name: str) -> str:
    """The name in a sentence or a cell of a table."""
    escaped = SPECIAL.sub(r"\\\g<0>", _line(name))
    return re.sub("[&<>$]", lambda found: HTML[found[0]], escaped)


def in_code(name: str) -> str:
    """The name as code: it is shown as it is."""
    line = _line(name)
    return f"`` {line} ``" if "`" in line else f"`{line}`"


def in_figure(name: str) -> str:
    """The name in a figure, where `$` would begin mathematics."""
    return _line(name).replace("$", r"\$")


def short(names: Sequence[str]) -> list[str]:
    """Names that a figure has room and letters for, each another one.

    A long one keeps its beginning and its end; one of other letters than the figures' font has is its number.
    """
    shown = [_short(_line(name), at) for at, name in enumerate(names, 1)]
    return [name if shown.count(name) == 1 else f"{at}: {name}" for at, name in enumerate(shown, 1)]


def shortened(names: Sequence[str]) -> dict[str, str]:
    """The full names of those that figures show otherwise, by what they show."""
    return {shown: name for shown, name in zip(short(names), names, strict=True) if shown != name}


def _short(name: str, at: int) -> str:
    if not {ord(letter) for letter in name} <= _letters():
        return f"class {at}"
    half = (LONGEST - 1) // 2
    return name if len(name) <= LONGEST else f"{name[:half]}…{name[-half:]}"


def _line(name: str) -> str:
    return " ".join(name.splitlines())


@cache
def _letters() -> frozenset[int]:
    """Code points that the figures' font has."""
    return frozenset(get_font(findfont(FontProperties(family=STYLE["font.family"]))).get_charmap())
