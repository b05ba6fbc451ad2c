"""Markdown from templates, written whole or not at all."""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from nnlabs.core.files import aside
from nnlabs.reporting import figure_sources

HERE = Path(__file__).parent
LABS = HERE.parent / "labs"
"""Read as files, for a page imports its own lab at most."""

BLANK = re.compile(r"\n{3,}")

TEMPLATES = Environment(
    loader=FileSystemLoader([HERE / "templates", LABS]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def render(template: str, **content: Any) -> str:
    """`template` is a file of `reporting/templates`, or one of a lab as `<lab>/<file>`."""
    return TEMPLATES.get_template(template).render(**content)


def write(path: Path, template: str, **content: Any) -> None:
    text = BLANK.sub("\n\n", render(template, **content))  # blocks that a page leaves empty leave their lines
    with aside(path) as beside:
        beside.write_text(figure_sources.linked(text), encoding="utf-8")
