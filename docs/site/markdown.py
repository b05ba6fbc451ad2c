"""What a forge does with Markdown and Sphinx does not: anchors of headings, links in HTML, what is folded."""

import re
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from files import address
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

LOG = logging.getLogger(__name__)


class Anchors(SphinxTransform):
    """A heading's anchor is the forge's, so that a link to it leads there in both places."""

    default_priority = 300

    def apply(self, **_: Any) -> None:
        for section in self.document.findall(nodes.section):
            if (slug := section.get("slug")) and slug not in section["ids"]:
                section["ids"].insert(0, slug)


class Links(SphinxTransform):
    """Every link and every image in HTML that names a file of the project gets its address in the site."""

    default_priority = 310

    def apply(self, **_: Any) -> None:
        for node in self.document.findall(nodes.reference):
            if "refuri" in node:
                node["refuri"] = address(self.env, self.env.docname, node["refuri"])
        for node in self.document.findall(nodes.raw):
            text = re.sub(
                r'(?<= )(href|src)="([^"]+)"',
                lambda found: f'{found[1]}="{address(self.env, self.env.docname, found[2])}"',
                node.astext(),
            )
            node[:] = [nodes.Text(text)]


class folded(nodes.General, nodes.Element):  # noqa: N801 - nodes are named so
    """`<details>` and all in it."""


class Folds(SphinxTransform):
    """Between `<details>` and `</details>` is one node: headings in between would open a section and not close it."""

    default_priority = 320

    def apply(self, **_: Any) -> None:
        for end in [node for node in self.document.findall(nodes.raw) if node.astext().strip() == "</details>"]:
            inner, after = end, []
            while (parent := inner.parent) is not None:  # up to where it was opened
                at = parent.index(inner)
                opened = [i for i in range(at) if _opens(parent[i])]
                if opened:
                    held = [node for node in parent[opened[-1] + 1 : at + 1] if node is not end]
                    fold = folded("", *held, summary=_opens(parent[opened[-1]]))
                    parent[opened[-1] : at + 1] = [fold, *after]
                    break
                after += parent[at + 1 :]  # what follows stands in a section that was opened in between
                del parent[at + 1 :]
                inner = parent
            else:
                LOG.warning("</details> without <details>", location=end)
            if end.parent is not None and end in end.parent:
                end.parent.remove(end)


def _opens(node: nodes.Node) -> str:
    """The summary of what a node opens; nothing where it opens nothing."""
    found = re.fullmatch(r"<details>\s*(<summary>.*</summary>)\s*", node.astext(), re.DOTALL)
    return found[1] if isinstance(node, nodes.raw) and found else ""


def _open(self: HTML5Translator, node: folded) -> None:
    self.body.append(f"<details>{node['summary']}\n")


def _close(self: HTML5Translator, node: folded) -> None:
    self.body.append("</details>\n")


class Flowchart(Directive):
    """Mermaid's flowchart in words, a row a box: what it is, and the boxes that its arrows lead to."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        text = "\n".join(self.content)
        boxes = dict(re.findall(r'^\s*(\w+)\["(.*)"\]$', text, re.M))
        arrows = re.findall(r"^\s*(\w+) --> (\w+)$", text, re.M)
        listed = nodes.bullet_list()
        for box, said in boxes.items():
            to = ", ".join(b for a, b in arrows if a == box)
            listed += nodes.list_item("", nodes.paragraph("", said + (f" → {to}" if to else "")))
        return [listed]


def setup(app: Sphinx) -> dict[str, bool]:
    for transform in (Anchors, Links, Folds):
        app.add_transform(transform)
    app.add_node(folded, html=(_open, _close))
    app.add_directive("mermaid", Flowchart)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
