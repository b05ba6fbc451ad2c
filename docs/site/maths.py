"""Formulas as drawings, made when the site is: they need neither a script nor a font nor a network to be read."""

import re
from functools import cache
from html import escape

import ziamath
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

SIZE = 16
"""Pixels of a letter; on the page it is that of the text around."""
ziamath.config.svg2 = False  # no names in a drawing, which would have to differ from those of the next
ziamath.config.precision = 1
SIGN = re.compile(r"([(=,|]|\\(?:leftarrow|cdot|lvert|approx|qquad)\b)\s*-")
"""A minus after which something begins; between two things it has room on both sides."""
LOG = logging.getLogger(__name__)


@cache
def drawing(latex: str, inline: bool) -> str:
    """The formula as SVG in the colour and size of the text, on its line; read aloud, it is its LaTeX.

    Raises
    ------
    ValueError
        Where it holds a command that is not known.
    """
    formula = ziamath.Latex(SIGN.sub(r"\1{-}", latex), size=SIZE, inline=inline, color="currentColor", margin=0)
    if unknown := re.search(r"\\\w+", formula.mathmlstr()):
        raise ValueError(f"{unknown[0]} is not known")
    svg = formula.svg()
    width, height = (float(size) / SIZE for size in re.search(r'width="([\d.]+)" height="([\d.]+)"', svg).groups())
    style = f"width:{width:.3f}em;height:{height:.3f}em;vertical-align:{formula.getyofst() / SIZE:.3f}em"
    label = escape(" ".join(latex.split()))
    return f'<svg class="formula" role="img" aria-label="{label}" style="{style}" ' + svg.removeprefix("<svg ")


def _draw(self: HTML5Translator, node: nodes.math | nodes.math_block) -> None:
    inline = isinstance(node, nodes.math)
    try:
        svg = drawing(node.astext(), inline)
    except Exception as error:  # what ziamath and what it stands on raise has no class in common
        LOG.warning("the formula %r cannot be set: %s", node.astext(), error, location=node)
        svg = escape(node.astext())
    self.body.append(svg if inline else f'<div class="formula">{svg}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("svg", inline_renderers=(_draw, None), block_renderers=(_draw, None))
    app.config.html_math_renderer = "svg"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
