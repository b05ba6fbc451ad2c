"""Writing a page to play with."""

from typing import Any

from nnlabs.core.files import aside
from nnlabs.play import bundle, pages


def write(key: str, data: dict[str, Any]) -> None:
    """Write `reports/play/<page>.html`; `data` are the numbers that it begins with, its `title` among them."""
    text = bundle.page(pages.entry(key), data["title"], data)
    with aside(pages.output(key)) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")
