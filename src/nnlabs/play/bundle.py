"""One HTML file of a page's JavaScript modules, the style sheet and its numbers.

A file that is opened by double click may not load modules from beside it, so they stand in it, each in a function of
its own and in the order in which they need each other. For that they keep to a small part of the language: imports of
names in braces, in one line, from a path that begins with a dot; exports of a `const`, a `function` or a `class`.
"""

import html
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnlabs.core.errors import UserError

HERE = Path(__file__).parent
STATEMENT = re.compile(r"(import|export)\b.*[;{(\[]")
"""Any import or export, in the project's layout; Python's imports, in a text that a module writes, end otherwise."""
IMPORT = re.compile(r'import \{ (?P<names>[\w, ]+) \} from "(?P<path>\.[\w./-]+)";')
EXPORT = re.compile(r"export (?=(?:const|(?:async )?function|class) (?P<name>\w+))")
LARGEST = 500_000
"""Bytes of a page."""
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
"""Browsers then refuse to load anything, whatever the script might ask for."""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<div id="page"><noscript>This page needs JavaScript.</noscript></div>
<script type="application/json" id="data">{data}</script>
<script type="module">
{script}</script>
</body>
</html>
"""


def modules(entry: Path) -> list[Path]:
    """A module and all that it imports, each after those that it needs.

    Raises
    ------
    UserError
        Where modules import each other in a circle, or an import or export has another form.
    """
    found: list[Path] = []

    def visit(path: Path, above: tuple[Path, ...]) -> None:
        if path in above:
            raise UserError(f"{_name(path)} imports itself by way of {', '.join(map(_name, above[1:]))}")
        if path not in found:
            for needed in _imports(path):
                visit(needed, (*above, path))
            found.append(path)

    visit(entry, ())
    return found


def script(*entries: Path) -> str:
    """The modules as one classic or module script; each is then a constant, such as `core_matrix`."""
    ordered = dict.fromkeys(path for entry in entries for path in modules(entry))
    return "\n".join(map(_wrapped, ordered))


def page(entry: Path, title: str, data: dict[str, Any]) -> str:
    """The page's HTML. `data` is what `ui/frame.js` finds as DATA.

    Raises
    ------
    UserError
        Where a module cannot be bundled or the page is larger than it may be.
    """
    written = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    style = (HERE / "style.css").read_text(encoding="utf-8")
    text = PAGE.format(policy=POLICY, title=html.escape(title), style=style, data=written, script=script(entry))
    if (size := len(text.encode())) > LARGEST:
        raise UserError(f"the page {entry.stem} has {size:,} bytes; at most {LARGEST:,} are allowed")
    return text


def files(entry: Path) -> list[Path]:
    """All that a page is made of beside its numbers."""
    return sorted([*modules(entry), entry.parent.parent / "style.css"])


def _imports(path: Path) -> Iterator[Path]:
    for line in _lines(path):
        if match := IMPORT.fullmatch(line):
            yield Path(os.path.normpath(path.parent / match["path"]))


def _wrapped(path: Path) -> str:
    lines, exports = [], []
    for line in _lines(path):
        if match := IMPORT.fullmatch(line):
            needed = Path(os.path.normpath(path.parent / match["path"]))
            lines.append(f"const {{ {match['names']} }} = {_constant(needed)};")
        elif match := EXPORT.match(line):
            exports.append(match["name"])
            lines.append(line[match.end() :])
        elif STATEMENT.fullmatch(line):
            raise UserError(f"{_name(path)}: {line!r} cannot be bundled; see nnlabs/play/bundle.py for what can")
        else:
            lines.append(line)
    body = "\n".join(lines)
    if "</script" in body.lower():
        raise UserError(f"{_name(path)}: a page cannot hold '</script'")
    return f"const {_constant(path)} = (() => {{\n{body}\nreturn {{ {', '.join(exports)} }};\n}})();\n"


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        raise UserError(f"{_name(path)} is missing, which a page imports") from None


def _name(path: Path) -> str:
    return os.path.relpath(path, HERE)


def _constant(path: Path) -> str:
    """core/matrix.js as core_matrix."""
    return re.sub(r"\W", "_", _name(path).removesuffix(".js"))
