"""Files of the project that pages link to and that are no page: each gets one, or is laid into the site as it is."""

import re
import shutil
from collections.abc import Iterator
from html import escape
from os.path import relpath
from pathlib import Path, PurePosixPath
from posixpath import dirname, join, normpath
from typing import Any
from urllib.parse import quote, unquote

from pygments.lexers import get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

SHOWN = 100_000
"""Bytes of text that become a page in colours; more of it is laid down as plain text."""
PICTURED = (".html", ".svg")
"""Text that a browser shows as more than that."""
NEVER = re.compile(r"\..*|__pycache__|.*\.egg-info")
LOG = logging.getLogger(__name__)


def address(env: BuildEnvironment, page: str, link: str) -> str:
    """Where a link on a page leads in the site; a link to elsewhere, or within the page, stays as it is.

    The site has the folders of the project, so what is no page has the address that it has there.
    """
    target, mark, anchor = link.partition("#")
    if not target or re.match("[a-z]+:", target):
        return link
    path = normpath(join(dirname(page), unquote(target)))
    place = Path(env.srcdir, path)
    if not place.exists() or path.startswith(".."):
        LOG.warning("a link to %s, which is not there", link, location=page)
        return link
    if place.is_dir() and _is_page(env, front := normpath(f"{path}/README.md")):
        path = front
    if _is_page(env, path):
        found = path.removesuffix(".md") + ".html"
    else:
        env.linked = getattr(env, "linked", set()) | {path}
        found = _shown(place, path)
    return quote(relpath(found, dirname(page) or ".")) + mark + anchor


def _is_page(env: BuildEnvironment, path: str) -> bool:
    return path.endswith(".md") and path.removesuffix(".md") in env.found_docs


def _text(place: Path) -> str | None:
    """What a file says; None where that is no text."""
    try:
        return place.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def _shown(place: Path, path: str) -> str:
    """The file of the site that shows a file or a folder of the project."""
    path = _plain(path)
    if place.is_dir():
        return f"{path}/index.html"
    text = _text(place)
    if text is None or place.suffix in PICTURED:
        return path
    return f"{path}.html" if len(text) <= SHOWN else f"{path}.txt"


def _plain(path: str) -> str:
    """A path without the dots that some names begin with: servers leave such files out."""
    return re.sub(r"(^|/)\.", r"\1", path)


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for every folder and every short text that is linked; the rest is copied."""
    for path in sorted(getattr(app.env, "linked", ())):
        place = Path(app.srcdir, path)
        shown = _shown(place, path)
        if place.is_dir():
            body = _folder(app, place, path)
        elif shown == f"{_plain(path)}.html":
            body = app.builder.highlighter.highlight_block(_text(place), _language(path))
        else:
            _lay(app, place, shown)
            continue
        context = {"title": path, "body": f"<h1>{escape(path)}</h1>{body}"}
        yield shown.removesuffix(".html"), context, "page.html"


def _folder(app: Sphinx, folder: Path, path: str) -> str:
    """A table of all that is in a folder, each with what it says of itself first."""
    rows = []
    for each in sorted(folder.rglob("*")):
        name = each.relative_to(folder)
        if each.is_file() and not any(map(NEVER.fullmatch, name.parts)):
            to = name.as_posix() + ".txt" * (_text(each) is not None and each.suffix != ".svg")
            _lay(app, each, f"{path}/{to}")
            link = f'<a href="{quote(to)}"><code>{escape(name.as_posix())}</code></a>'
            rows.append(f"<tr><td>{link}</td><td>{escape(_first(each))}</td></tr>")
    return f'<div class="table-wrapper"><table class="docutils"><tbody>{"".join(rows)}</tbody></table></div>'


def _first(place: Path) -> str:
    """The first sentence of a module's docstring, or a page's heading."""
    text = place.is_file() and _text(place)
    found = text and re.match(r'"""(.+?)(?:\.?"""|\.\s|\n\n)|# (.+)', text, re.DOTALL)
    return " ".join((found[1] or found[2]).split()) if found and place.suffix in (".py", ".md") else ""


def _lay(app: Sphinx, place: Path, to: str) -> None:
    goal = Path(app.outdir, to)
    goal.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(place, goal)


def _language(path: str) -> str:
    try:
        return get_lexer_for_filename(PurePosixPath(path).name).aliases[0]
    except ClassNotFound:
        return "text"


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-collect-pages", pages)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
