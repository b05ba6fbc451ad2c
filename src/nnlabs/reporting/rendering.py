"""Markdown from templates, written whole or not at all."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from nnlabs.core import paths
from nnlabs.core.files import aside

TEMPLATES = Environment(
    loader=PackageLoader("nnlabs.reporting"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def write(name: str, template: str, **content: Any) -> None:
    """Write `reports/<name>`."""
    text = TEMPLATES.get_template(template).render(**content)
    with aside(paths.REPORTS / name) as beside:
        beside.write_text(text, encoding="utf-8")
