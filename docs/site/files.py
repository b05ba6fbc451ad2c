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
    if place.is_dir():
        path = next((each for each in (f"{path}/README.md",) if _is_page(env, each)), path)
    if _is_page(env, path):
        found = path.removesuffix(".md") + ".html"
    else:
        env.linked = getattr(env, "linked", set()) | {path}
        found = _shown(place, path)
    return quote(relpath(found, dirname(page) or ".")) + mark + anchor


def _is_page(env: BuildEnvironment, path: str) -> bool:
    return path.endswith(".md") and path.removesuffix(".md") in env.found_docs


def _text(place: Path) -> str | None:
    """What a file says; None where it is no text, or is a page of its own."""
    if place.suffix in (".html", ".svg"):
        return None
    try:
        return place.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def _shown(place: Path, path: str) -> str:
    """The file of the site that shows a file or a folder of the project."""
    path = re.sub(r"(^|/)\.", r"\1", path)  # what begins with a dot some servers do not show
    if place.is_dir():
        return f"{path}/index.html"
    text = _text(place)
    if text is None:
        return path
    return f"{path}.html" if len(text) <= SHOWN else f"{path}.txt"


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for every folder and every short text that is linked; the rest is copied."""
    rest = sorted(getattr(app.env, "linked", set()))
    done = set()
    while rest:
        path = rest.pop()
        if path in done:
            continue
        done.add(path)
        place = Path(app.srcdir, path)
        if place.is_dir():
            inside = sorted(each for each in place.iterdir() if not NEVER.fullmatch(each.name))
            rest += [f"{path}/{each.name}" for each in inside if each.is_dir()]
            yield f"{path}/index", {"title": path, "body": _folder(app, path, inside)}, "page.html"
        elif (shown := _shown(place, path)).endswith(".html") and shown != path:
            body = app.builder.highlighter.highlight_block(_text(place), _language(path))
            yield shown.removesuffix(".html"), {"title": path, "body": f"<h1>{escape(path)}</h1>{body}"}, "page.html"
        else:
            _lay(app, place, shown)


def _folder(app: Sphinx, path: str, inside: list[Path]) -> str:
    """A table of what is in a folder, each with what it says of itself first."""
    rows = []
    for each in inside:
        if each.is_dir():
            to, said = f"{each.name}/index.html", _first(each / "__init__.py")
        else:
            to, said = each.name + ".txt" * (_text(each) is not None), _first(each)
            _lay(app, each, f"{path}/{to}")
        name = escape(each.name) + "/" * each.is_dir()
        rows.append(f'<tr><td><a href="{quote(to)}"><code>{name}</code></a></td><td>{escape(said)}</td></tr>')
    return f"<h1>{escape(path)}</h1><table class='docutils'><tbody>{''.join(rows)}</tbody></table>"


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
