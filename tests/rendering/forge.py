"""A page as a forge makes it: Markdown first, which knows nothing of formulas, then MathJax on what came out."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
WHERE = ("README.md", "CONTRIBUTING.md", "docs/*.md", "benchmarks/README.md", "reports/*.md", "reports/run/pages/*.md")
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$\w])\$(?=[^\s$])((?:[^$\n]|\n(?!\n))+?)(?<=[^\s$])\$(?![\w$])", re.DOTALL)
"""`$$..$$` or, with nothing but its own inside the dollars, `$..$`."""
CODE = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)


def pages(root: Path = ROOT) -> list[str]:
    """Every page that a reader opens."""
    return [path.relative_to(root).as_posix() for pattern in WHERE for path in sorted(root.glob(pattern))]


def _fence(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    """A block of code; what is called `math` is a formula that no Markdown touches."""
    if tokens[at].info.strip() == "math":
        return f"<p>$${escape(tokens[at].content)}$$</p>\n"
    return f"<pre><code>{escape(tokens[at].content)}</code></pre>\n"


MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MARKDOWN.add_render_rule("fence", _fence)


def body(text: str) -> str:
    """The page's HTML, its headings with the anchors that GitHub gives them."""
    tokens = MARKDOWN.parse(text)
    seen: Counter[str] = Counter()
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            anchor = slug("".join(each.content for each in inline.children or ()))
            opening.attrSet("id", anchor + f"-{seen[anchor]}" * bool(seen[anchor]))
            seen[anchor] += 1
    return str(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {}))


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def prose(text: str) -> str:
    """The page's source less its code, in blocks and in lines."""
    lines = text.split("\n")
    for token in MARKDOWN.parse(text):
        if token.type in ("fence", "code_block") and token.map:
            lines[slice(*token.map)] = [""] * (token.map[1] - token.map[0])
    return CODE.sub("", "\n".join(lines))


def formulas(text: str) -> list[str]:
    """All between dollars, as it is written."""
    return [display or inline for display, inline in FORMULA.findall(prose(text))]


def changed(text: str) -> Iterator[str]:
    """Formulas that Markdown does not leave as they are: it takes backslashes, underscores, stars, `<` for its own."""
    made = body(text)
    for formula in formulas(text):
        if escape(formula, quote=False) not in made.replace("&quot;", '"'):
            yield formula


@dataclass
class _Reader(HTMLParser):
    """Links, images and anchors of a page."""

    links: list[str] = field(default_factory=list)
    images: list[dict[str, str]] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.anchors |= {told[name] for name in ("id", "name") if name in told}
        if tag == "a" and "href" in told:
            self.links.append(told["href"])
        elif tag == "img":
            self.images.append(told)


def read(text: str) -> _Reader:
    reader = _Reader()
    reader.feed(body(text))
    return reader


def dead_links(page: str, root: Path = ROOT) -> Iterator[str]:
    """Links of a page that lead to no file of the project, or to no heading of it."""
    reader = read((root / page).read_text(encoding="utf-8"))
    for link in [*reader.links, *(image["src"] for image in reader.images)]:
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = unquote(link).partition("#")
        path = (root / page).parent / target if target else root / page
        there = path.exists() and path.resolve().is_relative_to(root.resolve())
        headings = read(path.read_text(encoding="utf-8")).anchors if there and anchor and path.suffix == ".md" else ()
        if not there or (headings and anchor not in headings):
            yield link


def mute_images(page: str, root: Path = ROOT) -> Iterator[str]:
    """Images of a page without a word for those who do not see them."""
    for image in read((root / page).read_text(encoding="utf-8")).images:
        if not image.get("alt", "").strip():
            yield image["src"]
